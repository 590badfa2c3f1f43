-- Lists of assets stay fast in projects of many, and in accounts of many projects.

-- The order by name and by size, and what a search looks through, as columns: PostgreSQL asks the policies first, and after them only what
-- gives nothing away by its errors. Functions of text are not among that, comparisons of columns are, so only these use an index.
create function search_text_of(name text, description text, tags text[]) returns text language sql immutable
  as $$ select lower(name || E'\n' || description || E'\n' || array_to_string(tags, E'\n')) $$;
alter table assets
  add column search_text text generated always as (search_text_of(name, description, tags)) stored,
  add column name_key text collate "C" generated always as (lower(name)) stored,
  add column listed_size_bytes bigint generated always as (coalesce(size_bytes, sealed_size_bytes)) stored;

drop index assets_by_project;
create index assets_by_project on assets (project_id, updated_at, id);
create index assets_by_type on assets (project_id, type, updated_at, id);
create index assets_by_creator on assets (project_id, created_by, updated_at, id);
create index assets_by_creation on assets (project_id, created_at, id);
create index assets_by_name on assets (project_id, name_key, id);
create index assets_by_size on assets (project_id, listed_size_bytes, id);

-- In which projects somebody has a role: asked once in a query, and not for each row of it as `project_role` is.
create function projects_with_role() returns uuid[] language plpgsql stable as $$
  declare
    found_values uuid[];
    before text := coalesce(current_setting('cloister.asking', true), '');
  begin
    perform set_config('cloister.asking', 'on', true);
    select array_agg(project_id) into found_values from project_members
      where account_id = current_account_id() and user_id = current_user_id();
    perform set_config('cloister.asking', before, true);
    return coalesce(found_values, '{}');
  end $$;

drop policy own_account on assets;
create policy own_account on assets for select
  using (account_id = (select current_account_id())
    and ((select is_house()) or project_id = any ((select projects_with_role())::uuid[])));
-- One policy for each kind of change: one for all kinds would be asked by every list too.
drop policy write_assets on assets;
create policy add_assets on assets for insert
  with check (account_id = current_account_id() and edits_project(project_id));
create policy change_assets on assets for update
  using (account_id = current_account_id() and edits_project(project_id))
  with check (account_id = current_account_id() and edits_project(project_id));
create policy delete_assets on assets for delete
  using (account_id = current_account_id() and edits_project(project_id));

-- As before (`0004-projects-and-buckets.sql`), with the size of the content too.
drop function follow_object(uuid, uuid, bigint, timestamptz);
create function follow_object(project uuid, object uuid, content_bytes bigint, sealed_bytes bigint, at timestamptz)
  returns void language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
    followed uuid;
  begin
    if not coalesce(edits_project(project) or bucket_access(project) = 'writer', false) then return; end if;
    select asset_id into followed from objects
      where account_id = current_account_id() and project_id = project and id = object;
    if followed is null then return; end if;
    perform set_config('cloister.user_id', '', true);
    update assets set size_bytes = content_bytes, sealed_size_bytes = sealed_bytes, updated_at = greatest(updated_at, at)
      where account_id = current_account_id() and id = followed;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;
