-- Somebody who is removed, and with an account everybody in it, goes with the steps of a sign-in that they did not finish. Whoever is in the
-- middle of one at this moment begins again.
alter table sign_in_steps no force row level security;
delete from sign_in_steps;
alter table sign_in_steps
  add foreign key (account_id, user_id) references users (account_id, id) on delete cascade;
alter table sign_in_steps force row level security;
create index sign_in_steps_by_user on sign_in_steps (account_id, user_id);
