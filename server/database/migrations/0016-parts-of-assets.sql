-- Parts of assets: versions that were replaced, entries of sessions. Each is a sealed object of its own under its asset, so that one more is no
-- reason to seal the others again, and one less is one key less. Also how assets are edited (revision, lock, settings), and when they end.

alter table assets
  -- From then on it is not found, and the next sweep destroys it.
  add column expires_at timestamptz,
  add column revision bigint not null default 1,
  -- A save whose answer was lost is known again by this.
  add column last_save_id uuid,
  add column last_part_number bigint not null default 0,
  add column autosaves boolean not null default false,
  add column keeps_versions boolean not null default false;
create index assets_by_expiry on assets (account_id, expires_at) where expires_at is not null;

create table asset_parts (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  asset_id uuid not null,
  kind text not null check (kind in ('version', 'entry')),
  -- Counts in its asset; none is used again.
  number bigint not null check (number >= 1),
  name text not null default '',
  description text not null default '',
  created_by uuid not null,
  created_at timestamptz not null,
  -- Not after its asset's.
  expires_at timestamptz,
  -- Of its content, before sealing and sealed: metadata, as an asset's.
  size_bytes bigint,
  sealed_size_bytes bigint not null default 0,
  unique (asset_id, number),
  foreign key (account_id, asset_id) references assets (account_id, id) on delete cascade
);
create index asset_parts_by_project on asset_parts (project_id, asset_id, number);
create index asset_parts_by_expiry on asset_parts (account_id, expires_at) where expires_at is not null;
alter table asset_parts enable row level security;
alter table asset_parts force row level security;
create policy see_parts on asset_parts for select
  using (account_id = (select current_account_id())
    and ((select is_house()) or project_id = any ((select projects_with_role())::uuid[])));
create policy add_parts on asset_parts for insert
  with check (account_id = current_account_id() and edits_project(project_id));
create policy change_parts on asset_parts for update
  using (account_id = current_account_id() and edits_project(project_id))
  with check (account_id = current_account_id() and edits_project(project_id));
create policy delete_parts on asset_parts for delete
  using (account_id = current_account_id() and edits_project(project_id));

alter table objects
  -- The part whose content it is. Of an asset's objects, the one without a part is the asset's content.
  add column part_id uuid references asset_parts on delete cascade,
  -- As its part or asset has it: people with the bucket see neither of the two.
  add column expires_at timestamptz,
  -- Who saved it; null: from before this was kept.
  add column saved_by uuid;
create index objects_by_part on objects (part_id) where part_id is not null;
create index contents_of_assets on objects (account_id, asset_id) where part_id is null;

-- Who edits an asset: its content is replaced by that editor only, and the asset deleted by that person only.
create table asset_locks (
  asset_id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  lock_type text not null check (lock_type in ('edit', 'governance')),
  user_id uuid not null,
  -- Chosen by the editor (a tab of a browser, a program) for as long as it is open.
  editor_id uuid not null,
  -- Whom it was taken from, who is told so at the next save.
  taken_from_editor_id uuid,
  taken_at timestamptz not null,
  -- Null: until it is given back or taken over.
  expires_at timestamptz,
  foreign key (account_id, asset_id) references assets (account_id, id) on delete cascade,
  foreign key (account_id, user_id) references users (account_id, id) on delete cascade
);
create index asset_locks_by_user on asset_locks (account_id, user_id);
alter table asset_locks enable row level security;
alter table asset_locks force row level security;
create policy see_locks on asset_locks for select
  using (account_id = (select current_account_id())
    and ((select is_house()) or project_id = any ((select projects_with_role())::uuid[])));
create policy add_locks on asset_locks for insert
  with check (account_id = current_account_id() and user_id = current_user_id() and edits_project(project_id));
-- Somebody who takes it over deletes another's row.
create policy delete_locks on asset_locks for delete
  using (account_id = current_account_id() and edits_project(project_id));

-- As before (`0013-asset-lists.sql`), for bucket writers: size and time of an asset follow its object, and those of a part its own. The asset is
-- locked before its object is touched. A new content has a new revision, so that whoever edits the asset finds it changed; while somebody
-- holds its lock, nothing is changed here, and the answer is that it is held.
drop function follow_object(uuid, uuid, bigint, bigint, timestamptz);
create function follow_object(project uuid, object uuid, content_bytes bigint, sealed_bytes bigint, at timestamptz)
  returns boolean language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
    followed uuid;
    of_part uuid;
    is_held boolean := false;
  begin
    if not coalesce(edits_project(project) or bucket_access(project) = 'writer', false) then return false; end if;
    select asset_id into followed from objects
      where account_id = current_account_id() and project_id = project and id = object;
    if followed is null then return false; end if;
    perform set_config('cloister.user_id', '', true);
    perform from assets where account_id = current_account_id() and id = followed for no key update;
    -- A save may have made a version of it while we waited.
    select part_id into of_part from objects
      where account_id = current_account_id() and project_id = project and id = object;
    if of_part is not null then
      update asset_parts set size_bytes = content_bytes, sealed_size_bytes = sealed_bytes
        where account_id = current_account_id() and id = of_part;
    elsif found then
      is_held := exists (select from asset_locks l
        where l.account_id = current_account_id() and l.asset_id = followed and (l.expires_at is null or l.expires_at > at));
      update assets
        set size_bytes = content_bytes, sealed_size_bytes = sealed_bytes, updated_at = greatest(updated_at, at), revision = revision + 1
        where account_id = current_account_id() and id = followed and not is_held;
    end if;
    perform set_config('cloister.user_id', asked_by, true);
    return is_held;
  end $$;
