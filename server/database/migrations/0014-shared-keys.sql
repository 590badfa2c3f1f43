-- Whether others are bound to a key of a KMS too, before a version of it is made: whoever presents `<provider>:<key>` sees the bindings to it, of
-- whichever account, and nothing else. Only the server presents it, and tells nobody whose they are.
create policy presented_key on key_bindings for select using (provider_id || ':' || key_id = presented());
create index key_bindings_by_key on key_bindings (provider_id, key_id);
