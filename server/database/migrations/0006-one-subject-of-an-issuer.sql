-- A person is one subject of an identity provider: whoever is given a former colleague's address there does not become them here. Of several
-- that were let in before, the first one stays.
alter table federated_identities no force row level security;
delete from federated_identities later using federated_identities first
  where later.account_id = first.account_id and later.user_id = first.user_id and later.issuer = first.issuer
    and (later.created_at, later.subject) > (first.created_at, first.subject);
alter table federated_identities force row level security;
drop index federated_identities_by_user;
create unique index federated_identities_by_user on federated_identities (account_id, user_id, issuer);
