-- The credentials by which the server opens a project's bucket in a storage that gives each bucket a user of its own. Wrapped; no person
-- reads them. They go with the project.

create table bucket_credentials (
  account_id uuid not null,
  project_id uuid not null,
  wrapped_credential bytea not null,
  primary key (account_id, project_id),
  foreign key (account_id, project_id) references projects (account_id, id) on delete cascade
);
alter table bucket_credentials enable row level security;
alter table bucket_credentials force row level security;
create policy for_the_house on bucket_credentials
  using (account_id = current_account_id() and is_house())
  with check (account_id = current_account_id() and is_house());
