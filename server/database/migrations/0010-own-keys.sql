-- Which key wraps the project keys of an account or a project, and whether it may be used. A row without a provider says only the state:
-- then the level above decides the key (project → account → the deployment's own provider). No row: as above, and enabled.

create table key_bindings (
  account_id uuid not null references accounts on delete cascade,
  -- Null: the account's own.
  project_id uuid,
  -- The provider as the operator named it, and the key's id within it.
  provider_id text,
  key_id text,
  -- Destroyed: the wrapped keys are gone, and with them everything that they sealed. It stays like that.
  state text not null default 'enabled' check (state in ('enabled', 'disabled', 'destroyed')),
  changed_at timestamptz not null,
  changed_by uuid,
  check ((provider_id is null) = (key_id is null)),
  unique nulls not distinct (account_id, project_id),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
alter table key_bindings enable row level security;
alter table key_bindings force row level security;
create function manages_key(project uuid) returns boolean language sql stable
  as $$ select case when project is null then manages_people() else is_project_admin(project) end $$;
create policy see_keys on key_bindings for select
  using (account_id = current_account_id() and (is_house() or project_id is null or project_role(project_id) is not null));
create policy bind_keys on key_bindings for insert
  with check (account_id = current_account_id() and manages_key(project_id));
create policy change_keys on key_bindings for update
  using (account_id = current_account_id() and manages_key(project_id))
  with check (account_id = current_account_id());
create policy unbind_keys on key_bindings for delete
  using (account_id = current_account_id() and manages_key(project_id));

-- When the project key was wrapped by what wraps it now, and by which version of that key, where the provider tells.
alter table project_keys add column wrapped_at timestamptz, add column wrapping_key_version int;
alter table project_keys no force row level security;
-- So far only root key files wrapped, which have one version.
update project_keys set wrapped_at = created_at, wrapping_key_version = 1;
alter table project_keys force row level security;
alter table project_keys alter column wrapped_at set not null;

-- Project keys are the house's own work, but for this: whoever manages a key destroys what it wrapped, in the transaction that says so. Whose
-- keys are being made meanwhile waits, and finds the binding that says `destroyed` (see `lock_keys`).
drop policy own_account on project_keys;
create policy keep_keys on project_keys
  using (account_id = current_account_id() and is_house()) with check (account_id = current_account_id() and is_house());
create function lock_keys(exclusively boolean) returns void language plpgsql as $$
  declare
    lock_number bigint := hashtextextended('cloister/keys/' || current_account_id(), 0);
  begin
    if exclusively then perform pg_advisory_xact_lock(lock_number); else perform pg_advisory_xact_lock_shared(lock_number); end if;
  end $$;
create function destroy_keys(project uuid, out projects bigint, out sealed_objects bigint) language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
  begin
    if not coalesce(manages_key(project), false) then raise insufficient_privilege; end if;
    perform lock_keys(true);
    perform set_config('cloister.user_id', '', true);
    select count(*) into sealed_objects from objects
      where account_id = current_account_id() and (project is null or project_id = project);
    with destroyed as (
      delete from project_keys where account_id = current_account_id() and (project is null or project_id = project)
        returning project_id
    ) select count(distinct project_id) into projects from destroyed;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;
-- Keeps a project from going until the transaction ends. Whoever writes something that a project key sealed calls it first, since a project's
-- deletion locks the project and then its keys: in any other order the two would wait for each other. Not every writer sees the project.
create function keep_project(project uuid) returns void language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
  begin
    perform set_config('cloister.user_id', '', true);
    perform from projects where account_id = current_account_id() and id = project for key share;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;

-- The rows of what a project key sealed go with it.
create index objects_by_project_key on objects (project_key_id);
