-- What the roles of `0002-people.sql` need in transactions of the people who act, so that a change and its audit event are one transaction.

-- Whoever makes a project is nobody in it yet, so no policy lets them add its first Admin. This makes both rows, the Admin as the house, and
-- for nobody but the person whose transaction it is.
create function add_project(project uuid, project_name text, project_description text, at timestamptz)
  returns void language plpgsql as $$
  declare creator uuid := current_user_id();
  begin
    insert into projects (id, account_id, name, description, created_by, created_at)
      values (project, current_account_id(), project_name, project_description, creator, at);
    perform set_config('cloister.user_id', '', true);
    insert into project_members (account_id, project_id, user_id, role, created_at)
      values (current_account_id(), project, creator, 'admin', at);
    perform set_config('cloister.user_id', creator::text, true);
  end $$;

-- Whoever has something in a project may give it back.
drop policy remove_collaborators on project_members;
create policy remove_collaborators on project_members for delete
  using (account_id = current_account_id() and (user_id = current_user_id() or is_project_admin(project_id)));
drop policy remove_grants on bucket_grants;
create policy remove_grants on bucket_grants for delete
  using (account_id = current_account_id() and (user_id = current_user_id() or is_project_admin(project_id)));

-- Bucket writers choose the ids of objects that they put, so an id says nothing outside its project, and new content comes under the same id.
-- What is in the bucket always has an id of its own, `stored_as`, which it is sealed for: the old bytes stay whole until the row has changed.
alter table objects drop constraint objects_pkey, add primary key (project_id, id);
alter table objects add column stored_as uuid;
alter table objects no force row level security;
update objects set stored_as = id;
alter table objects force row level security;
alter table objects alter column stored_as set not null, add constraint objects_stored_as_key unique (stored_as);
create index objects_by_time on objects (account_id, project_id, created_at desc, id);

-- Bucket writers put and delete the objects of assets too and reach no asset: its size and time follow its object here, as the house. The
-- asset is locked before its object is touched, as a save of the asset does it, so that the two never wait for each other.
create function follow_object(project uuid, object uuid, size_bytes bigint, at timestamptz) returns void language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
    followed uuid;
  begin
    if not coalesce(edits_project(project) or bucket_access(project) = 'writer', false) then return; end if;
    select asset_id into followed from objects
      where account_id = current_account_id() and project_id = project and id = object;
    if followed is null then return; end if;
    perform set_config('cloister.user_id', '', true);
    update assets set sealed_size_bytes = size_bytes, updated_at = greatest(updated_at, at)
      where account_id = current_account_id() and id = followed;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;
