-- A secret that was shown and never confirmed is not confirmed later by whoever saw it: see how old it is.
alter table totp_secrets add column begun_at timestamptz not null default now();
alter table totp_secrets alter column begun_at drop default;
