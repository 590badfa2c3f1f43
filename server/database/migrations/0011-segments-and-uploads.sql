-- A sealed object is a list of segments, each one object of the bucket and sealed by itself: an upload can go on after a crash where the last
-- whole segment ended, and a part of a large object opens without the rest. Objects from before have no segments: they are one message, and
-- `stored_as` is its id in the bucket.

alter table objects add column size_bytes bigint;

create table object_segments (
  account_id uuid not null,
  project_id uuid not null,
  -- The sealed object (`objects.stored_as` or `uploads.stored_as`) whose key opens it.
  stored_as uuid not null,
  number int not null check (number >= 0),
  -- Its id in the bucket.
  segment_id uuid not null unique,
  -- Where its first byte is in the object, and how many it has, before sealing.
  offset_bytes bigint not null,
  size_bytes bigint not null,
  sealed_size_bytes bigint not null,
  sealed_sha256 bytea not null,
  primary key (project_id, stored_as, number),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
alter table object_segments enable row level security;
alter table object_segments force row level security;
create policy open_segments on object_segments for select
  using (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) is not null));
create policy write_segments on object_segments
  using (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) = 'writer'))
  with check (account_id = current_account_id()
    and (edits_project(project_id) or bucket_access(project_id) = 'writer'));

-- An upload that is under way: what it will be, and the key that its segments are sealed under. Only whoever began it goes on with it.
create table uploads (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  created_by uuid not null,
  created_at timestamptz not null,
  -- What was not finished by then is swept.
  expires_at timestamptz not null,
  type text not null,
  name text not null,
  description text not null default '',
  tags text[] not null default '{}',
  media_type text not null default '',
  -- How many bytes it will have, and how many are sealed and durable.
  length_bytes bigint not null check (length_bytes >= 0),
  offset_bytes bigint not null default 0 check (offset_bytes between 0 and length_bytes),
  purpose text not null,
  stored_as uuid not null unique,
  project_key_id uuid not null references project_keys on delete cascade,
  wrapped_key bytea not null,
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
create index uploads_by_project on uploads (account_id, project_id, created_at desc);
alter table uploads enable row level security;
alter table uploads force row level security;
create policy own_uploads on uploads
  using (account_id = current_account_id() and (is_house() or (created_by = current_user_id() and edits_project(project_id))))
  with check (account_id = current_account_id() and (is_house() or (created_by = current_user_id() and edits_project(project_id))));

-- Segments go with the row that they belong to, in its transaction. A finished upload hands them over: its object has the same `stored_as`.
-- Once for each statement: a project of a million objects goes in one. Its plan is made once too, perhaps for many rows and perhaps for none
-- (each asset that goes asks for its objects), and must do for one in a table of millions: by the indexes.
create function drop_segments() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  as $$
  begin
    if not exists (select from gone) then return null; end if;
    delete from object_segments s using gone
      where s.account_id = gone.account_id and s.project_id = gone.project_id and s.stored_as = gone.stored_as
        and not exists (select from objects o where o.stored_as = gone.stored_as)
        and not exists (select from uploads u where u.stored_as = gone.stored_as);
    return null;
  end $$;
create trigger drop_segments after delete on objects referencing old table as gone
  for each statement execute function drop_segments();
create trigger drop_segments after delete on uploads referencing old table as gone
  for each statement execute function drop_segments();
-- New content under the same id: `stored_as` changes, and what it was belongs to nothing.
create function drop_segments_of_old_content() returns trigger language plpgsql as $$
  begin
    delete from object_segments s
      where s.account_id = old.account_id and s.project_id = old.project_id and s.stored_as = old.stored_as
        and not exists (select from uploads u where u.stored_as = old.stored_as);
    return null;
  end $$;
create trigger drop_segments_of_old_content after update of stored_as on objects
  for each row when (old.stored_as <> new.stored_as) execute function drop_segments_of_old_content();

-- Which bytes in the storage belong to what a key sealed, of one project or of all in the account: for whoever is about to destroy it, who
-- may see none of it. Asked in the transaction of the destruction.
create function stored_bytes(project uuid) returns table (of_project uuid, stored_ids uuid[]) language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
  begin
    if not coalesce(manages_key(project), false) then raise insufficient_privilege; end if;
    perform set_config('cloister.user_id', '', true);
    return query
      select stored.project_id, array_agg(stored.id) from (
        select s.project_id, s.segment_id as id from object_segments s
          where s.account_id = current_account_id() and (project is null or s.project_id = project)
        union all
        select o.project_id, o.stored_as from objects o
          where o.account_id = current_account_id() and (project is null or o.project_id = project)
            and not exists (
              select from object_segments s where s.project_id = o.project_id and s.stored_as = o.stored_as)
      ) stored group by stored.project_id;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;

-- What people say of an asset, and the size of its content before sealing (null: from before it was kept).
alter table assets
  add column tags text[] not null default '{}',
  add column media_type text not null default '',
  add column size_bytes bigint;
