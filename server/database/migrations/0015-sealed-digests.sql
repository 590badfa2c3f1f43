-- What the key of a project, or without one every key of the account, has sealed, for the receipt of its destruction: also uploads that are
-- under way, and what whoever asks does not see. Nobody saves into these
-- projects until the transaction ends, as who does keeps their rows first; a project that another server makes meanwhile is not among them.
-- An upload's digest is the one that its object would have: over the digests of its segments in their order.
create function sealed_digests(project uuid)
  returns table (object_id uuid, size_bytes bigint, sha256 bytea) language plpgsql as $$
  declare
    asked_by text := current_setting('cloister.user_id', true);
  begin
    if not coalesce(manages_key(project), false) then raise insufficient_privilege; end if;
    perform set_config('cloister.user_id', '', true);
    perform from projects p
      where p.account_id = current_account_id() and (project is null or p.id = project) order by p.id for update;
    return query
      select o.id, o.sealed_size_bytes, o.sealed_sha256 from objects o
        where o.account_id = current_account_id() and (project is null or o.project_id = project)
      union all
      select u.id, sum(s.sealed_size_bytes)::bigint, sha256(string_agg(s.sealed_sha256, '' order by s.number))
        from uploads u
          join object_segments s
            on s.account_id = u.account_id and s.project_id = u.project_id and s.stored_as = u.stored_as
        where u.account_id = current_account_id() and (project is null or u.project_id = project)
        group by u.id;
    perform set_config('cloister.user_id', asked_by, true);
  end $$;
