-- People, service IDs, grants, sign-in, and the audit log.
--
-- Two kinds of transaction work for an account (see `server/database/README.md`):
--   for a person   cloister.user_id is set: the policies below hold what that person's roles reach, on top of the wall between accounts
--   for the house  it is not: the server's own work (sweeps, keys, credentials that were just checked) sees the whole account

-- A person (and a service ID) belongs to exactly one account. Somebody who works for two has two sign-ins with nothing in common, so that
-- no administrator of one account can reach into another, or learn that it exists.

alter table users
  add column account_id uuid references accounts on delete cascade,
  add column kind text not null default 'person' check (kind in ('person', 'service')),
  add column role text,
  add column description text not null default '',
  add column password_changed_at timestamptz,
  -- Suspended: no credential of theirs works, and what they have a part in stays as it is.
  add column suspended_at timestamptz;
drop policy presented_key on account_members;
drop policy fellow_members on users;
drop policy oneself on users;
drop policy own_account on account_members;
alter table account_members no force row level security;
alter table users no force row level security;
update users set account_id = m.account_id, role = m.role, password_changed_at = users.created_at
  from account_members m where m.user_id = users.id;
delete from users where account_id is null;
alter table users force row level security;
drop table account_members;
alter table users
  alter column account_id set not null,
  alter column role set not null,
  alter column email drop not null,
  alter column password_hash drop not null,
  drop constraint users_email_key,
  add constraint users_role_check
    check (role in ('owner', 'administrator', 'member', 'billing-viewer', 'governance-administrator', 'service')),
  -- A service ID has no address and no password: API keys are its only credential.
  add constraint users_credentials_check check (
    (kind = 'person' and email is not null and role <> 'service')
    or (kind = 'service' and email is null and password_hash is null and role = 'service')),
  add constraint users_by_account unique (account_id, id),
  add constraint users_email_by_account unique (account_id, email);
create index users_by_email on users (email);

-- What the policies ask. PostgreSQL applies a table's policies to these questions too, so a question about a table that its own policy asks
-- would never end: while one is asked, `cloister.asking` is on, and a policy then shows people no rows but their own.

create function is_house() returns boolean language sql stable
  as $$ select current_user_id() is null $$;
create function is_asking() returns boolean language sql stable
  as $$ select current_setting('cloister.asking', true) = 'on' $$;
create function account_role() returns text language plpgsql stable as $$
  declare
    found_value text;
    before text := coalesce(current_setting('cloister.asking', true), '');
  begin
    perform set_config('cloister.asking', 'on', true);
    select role into found_value from users where account_id = current_account_id() and id = current_user_id();
    perform set_config('cloister.asking', before, true);
    return found_value;
  end $$;
create function manages_people() returns boolean language sql stable
  as $$ select case when is_house() then true else account_role() in ('owner', 'administrator') end $$;

create policy own_account on users for select using (account_id = current_account_id() or email = presented());
create policy add_members on users for insert
  with check (account_id = current_account_id() and (id = current_user_id() or manages_people()));
create policy change_members on users for update
  using (account_id = current_account_id() and (id = current_user_id() or manages_people()))
  with check (account_id = current_account_id());
create policy remove_members on users for delete
  using (account_id = current_account_id() and (id = current_user_id() or manages_people()));

alter table accounts add column audit_retention_days int check (audit_retention_days between 1 and 36500);
drop policy own_account on accounts;
create policy own_account on accounts for select using (id = current_account_id());
create policy add_account on accounts for insert with check (id = current_account_id());
create policy change_account on accounts for update
  using (id = current_account_id() and manages_people()) with check (id = current_account_id());
create policy remove_account on accounts for delete using (id = current_account_id() and is_house());

-- Credentials.

alter table login_sessions
  add column method text not null default 'password' check (method in ('password', 'passkey', 'identity-provider')),
  add column has_second_factor boolean not null default false,
  add column address text,
  -- From a closed list ("Firefox on Linux"), never the header itself.
  add column browser text not null default 'unknown',
  drop constraint login_sessions_user_id_fkey,
  add foreign key (account_id, user_id) references users (account_id, id) on delete cascade;
drop policy own_account on login_sessions;
create policy own_account on login_sessions
  using (token_hash = presented()
    or (account_id = current_account_id() and (user_id = current_user_id() or manages_people())))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));

alter table api_keys
  add column expires_at timestamptz,
  add column created_by uuid,
  -- The scope: null, null, false is "whatever its owner may do".
  add column scope_project_id uuid,
  add column scope_model_ids text[],
  add column scope_inference_only boolean not null default false,
  drop constraint api_keys_user_id_fkey,
  add foreign key (account_id, user_id) references users (account_id, id) on delete cascade,
  -- A key for one project ends with it; it never becomes a key for all.
  add foreign key (account_id, scope_project_id) references projects (account_id, id) on delete cascade;
drop policy own_account on api_keys;
create policy own_account on api_keys
  using (key_hash = presented()
    or (account_id = current_account_id() and (user_id = current_user_id() or manages_people())))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));
-- Whoever presents a credential sees whose it is and which role they have, in the same question.
create policy presented_key on users for select
  using (case when presented() is null then false else exists (select from api_keys k
    where k.key_hash = presented() and k.account_id = users.account_id and k.user_id = users.id) end);
create policy presented_session on users for select
  using (case when presented() is null then false else exists (select from login_sessions s
    where s.token_hash = presented() and s.account_id = users.account_id and s.user_id = users.id) end);

-- One-time links: an invitation, or a new password.
create table one_time_links (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  purpose text not null check (purpose in ('invitation', 'password-reset')),
  token_hash text not null unique,
  -- An invitation says who is meant and what they become; a password reset says which person.
  email text,
  role text check (role in ('owner', 'administrator', 'member', 'billing-viewer', 'governance-administrator')),
  user_id uuid,
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade,
  check ((purpose = 'invitation' and email is not null and role is not null and user_id is null)
    or (purpose = 'password-reset' and email is null and role is null and user_id is not null))
);
create index one_time_links_by_account on one_time_links (account_id, purpose, created_at desc);
alter table one_time_links enable row level security;
alter table one_time_links force row level security;
create policy own_account on one_time_links
  using (token_hash = presented() or (account_id = current_account_id() and manages_people()))
  with check (account_id = current_account_id() and manages_people());
-- Whoever a link is meant for uses it up, in the transaction that makes them a member or gives them a password.
create policy meant_for_oneself on one_time_links
  using (account_id = current_account_id() and (user_id = current_user_id()
    or exists (select from users u
      where u.account_id = one_time_links.account_id and u.id = current_user_id() and u.email = one_time_links.email)))
  with check (false);

-- Steps of a sign-in that is not finished: the password was right and the second factor is awaited, a passkey was asked for, somebody is at
-- the identity provider. Only whoever presents the step's token sees it; the data are challenges, wrapped where they are secret.
create table sign_in_steps (
  id uuid primary key,
  token_hash text not null unique,
  purpose text not null check (purpose in ('second-factor', 'passkey', 'passkey-registration', 'identity-provider')),
  account_id uuid,
  user_id uuid,
  data jsonb not null,
  failures int not null default 0,
  expires_at timestamptz not null
);
create index sign_in_steps_by_expiry on sign_in_steps (expires_at);
alter table sign_in_steps enable row level security;
alter table sign_in_steps force row level security;
create policy presented_step on sign_in_steps using (token_hash = presented()) with check (token_hash = presented());
create policy forget_expired on sign_in_steps using (expires_at < now()) with check (false);

create table totp_secrets (
  account_id uuid not null,
  user_id uuid not null,
  wrapped_secret bytea not null,
  -- Null until the person has shown a code of it.
  confirmed_at timestamptz,
  -- The time step (RFC 6238) of the last code that was taken: it and earlier ones are not taken again.
  last_used_step bigint not null default 0,
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
alter table totp_secrets enable row level security;
alter table totp_secrets force row level security;
create policy own_account on totp_secrets
  using (account_id = current_account_id() and (user_id = current_user_id() or manages_people()))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));

create table recovery_codes (
  account_id uuid not null,
  user_id uuid not null,
  code_hash text not null,
  primary key (account_id, user_id, code_hash),
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
alter table recovery_codes enable row level security;
alter table recovery_codes force row level security;
create policy own_account on recovery_codes
  using (account_id = current_account_id() and (user_id = current_user_id() or manages_people()))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));

create table passkeys (
  id uuid primary key,
  account_id uuid not null,
  user_id uuid not null,
  name text not null,
  -- base64url, as the browser gives it.
  credential_id text not null unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
create index passkeys_by_user on passkeys (account_id, user_id);
alter table passkeys enable row level security;
alter table passkeys force row level security;
create policy own_account on passkeys
  using (credential_id = presented()
    or (account_id = current_account_id() and (user_id = current_user_id() or manages_people())))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));

-- Who somebody is at an identity provider (OpenID Connect): issuer and subject together.
create table federated_identities (
  account_id uuid not null,
  user_id uuid not null,
  issuer text not null,
  subject text not null,
  created_at timestamptz not null,
  primary key (account_id, issuer, subject),
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
create index federated_identities_by_user on federated_identities (account_id, user_id);
alter table federated_identities enable row level security;
alter table federated_identities force row level security;
create policy own_account on federated_identities
  using (account_id = current_account_id() and (user_id = current_user_id() or manages_people()))
  with check (account_id = current_account_id() and (user_id = current_user_id() or manages_people()));

alter table signing_keys
  add column purpose text not null default 'access-token' check (purpose in ('access-token', 'audit')),
  -- Not null: no longer signs, and is published until then, so that what it signed is still taken.
  add column retires_at timestamptz;

-- Projects: roles of collaborators, and grants of the bucket apart from them.

alter table project_members
  drop constraint project_members_user_id_fkey,
  add foreign key (account_id, user_id) references users (account_id, id) on delete cascade;

create table bucket_grants (
  account_id uuid not null,
  project_id uuid not null,
  user_id uuid not null,
  access text not null check (access in ('reader', 'writer')),
  created_by uuid not null,
  created_at timestamptz not null,
  primary key (project_id, user_id),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
create index bucket_grants_by_user on bucket_grants (account_id, user_id);

create function project_role(project uuid) returns text language plpgsql stable as $$
  declare
    found_value text;
    before text := coalesce(current_setting('cloister.asking', true), '');
  begin
    perform set_config('cloister.asking', 'on', true);
    select role into found_value from project_members
      where account_id = current_account_id() and project_id = project and user_id = current_user_id();
    perform set_config('cloister.asking', before, true);
    return found_value;
  end $$;
create function bucket_access(project uuid) returns text language plpgsql stable as $$
  declare
    found_value text;
    before text := coalesce(current_setting('cloister.asking', true), '');
  begin
    perform set_config('cloister.asking', 'on', true);
    select access into found_value from bucket_grants
      where account_id = current_account_id() and project_id = project and user_id = current_user_id();
    perform set_config('cloister.asking', before, true);
    return found_value;
  end $$;
create function sees_grants(project uuid, member uuid) returns boolean language sql stable
  as $$ select case when is_house() or member = current_user_id() then true
    when is_asking() then false else project_role(project) is not null end $$;
create function is_project_admin(project uuid) returns boolean language sql stable
  as $$ select case when is_house() then true else project_role(project) = 'admin' end $$;
create function edits_project(project uuid) returns boolean language sql stable
  as $$ select case when is_house() then true else project_role(project) in ('admin', 'editor') end $$;

drop policy own_account on project_members;
create policy own_account on project_members for select
  using (account_id = current_account_id() and sees_grants(project_id, user_id));
create policy add_collaborators on project_members for insert
  with check (account_id = current_account_id() and is_project_admin(project_id));
create policy change_collaborators on project_members for update
  using (account_id = current_account_id() and is_project_admin(project_id))
  with check (account_id = current_account_id());
create policy remove_collaborators on project_members for delete
  using (account_id = current_account_id() and is_project_admin(project_id));

alter table bucket_grants enable row level security;
alter table bucket_grants force row level security;
create policy own_account on bucket_grants for select
  using (account_id = current_account_id() and sees_grants(project_id, user_id));
create policy add_grants on bucket_grants for insert
  with check (account_id = current_account_id() and is_project_admin(project_id));
create policy change_grants on bucket_grants for update
  using (account_id = current_account_id() and is_project_admin(project_id))
  with check (account_id = current_account_id());
create policy remove_grants on bucket_grants for delete
  using (account_id = current_account_id() and is_project_admin(project_id));

drop policy own_account on projects;
create policy own_account on projects for select
  using (account_id = current_account_id() and (is_house() or project_role(id) is not null or bucket_access(id) is not null));
create policy add_projects on projects for insert with check (account_id = current_account_id());
create policy change_projects on projects for update
  using (account_id = current_account_id() and is_project_admin(id))
  with check (account_id = current_account_id());
create policy delete_projects on projects for delete
  using (account_id = current_account_id() and is_project_admin(id));

-- Size is metadata, which every collaborator sees; the row of the object, with its key, is only for those who may open it.
alter table assets add column sealed_size_bytes bigint not null default 0;
alter table assets no force row level security;
alter table objects no force row level security;
update assets set sealed_size_bytes = o.sealed_size_bytes from objects o where o.asset_id = assets.id;
alter table assets force row level security;
alter table objects force row level security;

drop policy own_account on assets;
create policy own_account on assets for select
  using (account_id = current_account_id() and (is_house() or project_role(project_id) is not null));
create policy write_assets on assets
  using (account_id = current_account_id() and edits_project(project_id))
  with check (account_id = current_account_id() and edits_project(project_id));

-- An object that a bucket writer put there by itself belongs to no asset.
alter table objects alter column asset_id drop not null;
drop policy own_account on objects;
create policy open_objects on objects for select
  using (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) is not null));
create policy write_objects on objects
  using (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) = 'writer'))
  with check (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) = 'writer'));

-- What must never be lost, whoever asks and whatever happens at the same moment: an owner of each account who can sign in, an Admin of each
-- project. The row locks make people who step down at once come one after the other; they let rows be written that only refer to the account
-- or the project, as audit events are, since whoever writes those may hold what this transaction waits for next. Both questions are the
-- house's.

create function keep_an_owner() returns trigger language plpgsql as $$
  declare asked_by text := current_setting('cloister.user_id', true);
  begin
    if old.role <> 'owner' or old.suspended_at is not null then return null; end if;
    if tg_op = 'UPDATE' then
      if new.role = 'owner' and new.suspended_at is null then return null; end if;
    end if;
    perform set_config('cloister.user_id', '', true);
    perform from accounts where id = old.account_id for no key update;
    if found and not exists (select from users
      where account_id = old.account_id and role = 'owner' and suspended_at is null) then
      raise exception 'last owner' using errcode = 'CL001';
    end if;
    perform set_config('cloister.user_id', asked_by, true);
    return null;
  end $$;
create trigger keep_an_owner after update or delete on users for each row execute function keep_an_owner();

create function keep_an_admin() returns trigger language plpgsql as $$
  declare asked_by text := current_setting('cloister.user_id', true);
  begin
    if old.role <> 'admin' then return null; end if;
    if tg_op = 'UPDATE' then
      if new.role = 'admin' then return null; end if;
    end if;
    perform set_config('cloister.user_id', '', true);
    perform from projects where id = old.project_id for no key update;
    if found and not exists (select from project_members where project_id = old.project_id and role = 'admin') then
      raise exception 'last admin' using errcode = 'CL002';
    end if;
    perform set_config('cloister.user_id', asked_by, true);
    return null;
  end $$;
create trigger keep_an_admin after update or delete on project_members for each row execute function keep_an_admin();

-- The audit log: one chain an account. The server may add to it and read it, not change it.

create table audit_chains (
  account_id uuid primary key references accounts on delete cascade,
  -- The last event, and the signature over it: a chain cut at its end does not fit its head.
  sequence bigint not null,
  hash bytea not null,
  signature text not null
);
alter table audit_chains enable row level security;
alter table audit_chains force row level security;
create policy own_account on audit_chains using (account_id = current_account_id()) with check (account_id = current_account_id());

create table audit_events (
  account_id uuid not null references accounts on delete cascade,
  sequence bigint not null,
  at timestamptz not null,
  actor_user_id uuid,
  actor_via text not null,
  actor_credential_id uuid,
  address text,
  action text not null,
  target_type text not null,
  target_id text,
  project_id uuid,
  outcome text not null check (outcome in ('success', 'denied', 'failure')),
  -- Words of closed lists only (roles, access), as JSON text in the form that was hashed.
  details text not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (account_id, sequence)
);
create index audit_events_by_time on audit_events (account_id, at desc, sequence desc);
create index audit_events_by_actor on audit_events (account_id, actor_user_id, sequence desc);
create index audit_events_by_project on audit_events (account_id, project_id, sequence desc);
alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy read_events on audit_events for select
  using (account_id = current_account_id() and (is_house() or account_role() in ('owner', 'administrator', 'governance-administrator')));
create policy add_events on audit_events for insert with check (account_id = current_account_id());
create policy trim_events on audit_events for delete using (account_id = current_account_id() and is_house());

create table audit_checkpoints (
  account_id uuid not null references accounts on delete cascade,
  sequence bigint not null,
  hash bytea not null,
  at timestamptz not null,
  -- True: events up to this one were removed when the account's retention had passed; the chain begins after it.
  is_trim boolean not null,
  signature text not null,
  primary key (account_id, sequence)
);
alter table audit_checkpoints enable row level security;
alter table audit_checkpoints force row level security;
create policy own_account on audit_checkpoints
  using (account_id = current_account_id()) with check (account_id = current_account_id());

-- The only way to remove events, for the server too: those up to `last` that are older than the account's retention.
create function trim_audit_events(last bigint) returns bigint language plpgsql security definer set search_path = pg_catalog, public
  as $$
  declare removed bigint;
  begin
    delete from audit_events e using accounts a
      where a.id = current_account_id() and e.account_id = a.id and e.sequence <= last
        and e.at < now() - make_interval(days => a.audit_retention_days);
    get diagnostics removed = row_count;
    return removed;
  end $$;
