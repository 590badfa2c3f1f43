-- The roles of an account hold in the database too: nobody gives themselves one, and only owners decide about owners (the table of
-- `server/identity/access/permissions.ts`, and `PeopleReach`). What the server does as the house it has decided itself.

-- Somebody in whose transaction a row of their own is made is nobody yet: the server has let them in, and chose the id. An invitation says
-- with which role (whether it has expired, the service asks); whoever comes without a password was brought by an identity provider, whose
-- groups say it; and where nobody is and nobody is invited, the server is being set up. The questions are the house's, since somebody who is
-- nobody sees no invitation.
create function may_join(person users) returns boolean language plpgsql as $$
  declare
    joins boolean;
    asked_by text := current_setting('cloister.user_id', true);
  begin
    if person.kind <> 'person' then return false; end if;
    if person.password_hash is null then return true; end if;
    perform set_config('cloister.user_id', '', true);
    joins := exists (select from one_time_links l
        where l.account_id = person.account_id and l.email = person.email and l.role = person.role)
      -- Of two who use a link at once the other one has the address now: the table's own constraint says so.
      or exists (select from users u where u.account_id = person.account_id and u.email = person.email)
      or (person.role = 'owner'
        and not exists (select from users u where u.account_id = person.account_id)
        and not exists (select from one_time_links l where l.account_id = person.account_id));
    perform set_config('cloister.user_id', asked_by, true);
    return joins;
  end $$;

create function keep_to_account_roles() returns trigger language plpgsql as $$
  declare
    actor uuid := current_user_id();
    actor_role text;
    is_refused boolean := false;
  begin
    if is_house() then return coalesce(new, old); end if;
    actor_role := account_role();
    if tg_op = 'INSERT' then
      is_refused := case when new.id = actor then not may_join(new)
        else actor_role is distinct from 'owner' and (new.role = 'owner' or not coalesce(manages_people(), false)) end;
    elsif tg_op = 'UPDATE' then
      is_refused :=
        (new.id, new.account_id, new.kind, new.email) is distinct from (old.id, old.account_id, old.kind, old.email)
        or (old.id <> actor and (new.password_hash, new.password_changed_at)
          is distinct from (old.password_hash, old.password_changed_at))
        or ((new.role, new.suspended_at) is distinct from (old.role, old.suspended_at)
          and not coalesce(manages_people(), false))
        or ('owner' in (old.role, new.role) and actor_role is distinct from 'owner');
    else
      is_refused := old.role = 'owner' and actor_role is distinct from 'owner';
    end if;
    if is_refused then raise exception 'beyond the role in the account' using errcode = '42501'; end if;
    return coalesce(new, old);
  end $$;
create trigger keep_to_account_roles before insert or update or delete on users
  for each row execute function keep_to_account_roles();

-- Credentials, and links that lead to some. Restrictive: they take from what the policies of the tables give, and give nothing. Reading is
-- left as it was, since administrators see which second factors everybody has.
create function is_owner(person uuid) returns boolean language sql stable
  as $$ select exists (select from users where account_id = current_account_id() and id = person and role = 'owner') $$;
create function decides_about(person uuid) returns boolean language sql stable
  as $$ select case when is_house() or person = current_user_id() then true
    else account_role() = 'owner' or not is_owner(person) end $$;
create function decides_about_link(link_role text, person uuid) returns boolean language sql stable
  as $$ select case when is_house() then true
    when link_role = 'owner' then account_role() = 'owner'
    else person is null or decides_about(person) end $$;

do $$
  declare name text;
  begin
    foreach name in array
      array['api_keys', 'login_sessions', 'totp_secrets', 'recovery_codes', 'passkeys', 'federated_identities']
    loop
      execute format('create policy owners_insert on %I as restrictive for insert with check (decides_about(user_id))', name);
      execute format('create policy owners_update on %I as restrictive for update
        using (decides_about(user_id)) with check (decides_about(user_id))', name);
      execute format('create policy owners_delete on %I as restrictive for delete using (decides_about(user_id))', name);
    end loop;
  end $$;
create policy owners_insert on one_time_links as restrictive for insert with check (decides_about_link(role, user_id));
create policy owners_update on one_time_links as restrictive for update
  using (decides_about_link(role, user_id)) with check (decides_about_link(role, user_id));
-- What nobody can use any more anybody tidies up who may.
create policy owners_delete on one_time_links as restrictive for delete
  using (expires_at < now() or decides_about_link(role, user_id));
