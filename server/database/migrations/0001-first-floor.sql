-- Tenancy rule: every table below "Tenant tables" carries account_id and has forced row-level security. The server sets three
-- settings per transaction and nothing else decides what it sees:
--   cloister.account_id   the account it works for
--   cloister.user_id      the user it works for
--   cloister.presented    a credential's SHA-256 or a sign-in address that somebody has just presented: it opens the rows that
--                         hold that very value, before the account is known. Whoever cannot present it sees nothing.

create function current_account_id() returns uuid language sql stable
  as $$ select nullif(current_setting('cloister.account_id', true), '')::uuid $$;
create function current_user_id() returns uuid language sql stable
  as $$ select nullif(current_setting('cloister.user_id', true), '')::uuid $$;
create function presented() returns text language sql stable
  as $$ select nullif(current_setting('cloister.presented', true), '') $$;

-- Deployment tables: no tenant's data in them.

create table deployment (
  one boolean primary key default true check (one),
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  set_up_at timestamptz,
  -- Whom the control socket acts as: the first owner.
  administrator_account_id uuid,
  administrator_user_id uuid
);
insert into deployment default values;

create table signing_keys (
  id uuid primary key,
  public_jwk jsonb not null,
  wrapped_private_key bytea not null,
  created_at timestamptz not null
);

-- Tenant tables.

create table accounts (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null
);
alter table accounts enable row level security;
alter table accounts force row level security;
create policy own_account on accounts using (id = current_account_id()) with check (id = current_account_id());

-- A person may be a member of several accounts, so the person has no account_id; the membership has.
create table users (
  id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  created_at timestamptz not null
);

create table account_members (
  account_id uuid not null references accounts on delete cascade,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('owner', 'administrator', 'member')),
  created_at timestamptz not null,
  primary key (account_id, user_id)
);
alter table account_members enable row level security;
alter table account_members force row level security;
create policy own_account on account_members
  using (account_id = current_account_id() or user_id = current_user_id())
  with check (account_id = current_account_id());

alter table users enable row level security;
alter table users force row level security;
create policy oneself on users
  using (id = current_user_id() or email = presented()) with check (id = current_user_id());
create policy fellow_members on users for select
  using (exists (select from account_members m where m.user_id = users.id and m.account_id = current_account_id()));

create table login_sessions (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  user_id uuid not null references users on delete cascade,
  token_hash text not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index login_sessions_by_user on login_sessions (account_id, user_id);
alter table login_sessions enable row level security;
alter table login_sessions force row level security;
create policy own_account on login_sessions
  using (account_id = current_account_id() or token_hash = presented()) with check (account_id = current_account_id());

create table api_keys (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  user_id uuid not null references users on delete cascade,
  name text not null,
  prefix text not null,
  key_hash text not null unique,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index api_keys_by_user on api_keys (account_id, user_id);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy own_account on api_keys
  using (account_id = current_account_id() or key_hash = presented()) with check (account_id = current_account_id());
-- Whoever presents a key sees which role its owner has, in the same question.
create policy presented_key on account_members for select
  using (exists (select from api_keys k
    where k.key_hash = presented() and k.account_id = account_members.account_id and k.user_id = account_members.user_id));

create table projects (
  id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  name text not null,
  description text not null default '',
  created_by uuid not null,
  created_at timestamptz not null,
  unique (account_id, id)
);
alter table projects enable row level security;
alter table projects force row level security;
create policy own_account on projects using (account_id = current_account_id()) with check (account_id = current_account_id());

create table project_members (
  account_id uuid not null,
  project_id uuid not null,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('admin', 'editor', 'viewer')),
  created_at timestamptz not null,
  primary key (project_id, user_id),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
create index project_members_by_user on project_members (account_id, user_id);
alter table project_members enable row level security;
alter table project_members force row level security;
create policy own_account on project_members using (account_id = current_account_id()) with check (account_id = current_account_id());

-- A project's key, wrapped by the account's wrapping key in the KMS. Destroying the row destroys every object of the project.
create table project_keys (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  wrapping_key_id text not null,
  wrapped_key bytea not null,
  created_at timestamptz not null,
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
create index project_keys_by_project on project_keys (account_id, project_id);
alter table project_keys enable row level security;
alter table project_keys force row level security;
create policy own_account on project_keys using (account_id = current_account_id()) with check (account_id = current_account_id());

-- Metadata of what people saved; the content is a sealed object in the project's bucket.
create table assets (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  type text not null,
  name text not null,
  description text not null default '',
  created_by uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, id),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
create index assets_by_project on assets (account_id, project_id, type, updated_at desc, id);
alter table assets enable row level security;
alter table assets force row level security;
create policy own_account on assets using (account_id = current_account_id()) with check (account_id = current_account_id());

-- A sealed object and its key, wrapped by the project's key. Without this row no copy of the object's bytes can be opened.
create table objects (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  asset_id uuid not null,
  purpose text not null,
  project_key_id uuid not null references project_keys on delete cascade,
  wrapped_key bytea not null,
  sealed_size_bytes bigint not null,
  sealed_sha256 bytea not null,
  created_at timestamptz not null,
  foreign key (account_id, asset_id) references assets (account_id, id) on delete cascade
);
create index objects_by_asset on objects (account_id, asset_id);
create index objects_by_project on objects (account_id, project_id);
alter table objects enable row level security;
alter table objects force row level security;
create policy own_account on objects using (account_id = current_account_id()) with check (account_id = current_account_id());
