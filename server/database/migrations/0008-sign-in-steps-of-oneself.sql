-- A new password ends the sign-ins that the old one began, in the transaction that sets it: that one is the person's, and presents no token of
-- a step. What it may see there opens nothing without the token.
create policy ones_own on sign_in_steps
  using (account_id = current_account_id() and user_id = current_user_id()) with check (false);
