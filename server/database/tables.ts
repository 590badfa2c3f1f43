import type { ColumnType } from 'kysely';

/** Row types of all tables, as `migrations/` makes them. A migration and this file change in the same commit. */
export type Tables = {
  deployment: {
    one: boolean;
    id: string;
    created_at: Date;
    set_up_at: Date | null;
    administrator_account_id: string | null;
    administrator_user_id: string | null;
  };
  signing_keys: { id: string; public_jwk: ColumnType<object, string>; wrapped_private_key: Buffer; created_at: Date };
  accounts: { id: string; name: string; created_at: Date };
  users: { id: string; email: string; name: string; password_hash: string; created_at: Date };
  account_members: {
    account_id: string;
    user_id: string;
    role: 'owner' | 'administrator' | 'member';
    created_at: Date;
  };
  login_sessions: {
    id: string;
    account_id: string;
    user_id: string;
    token_hash: string;
    created_at: Date;
    last_used_at: Date;
    expires_at: Date;
  };
  api_keys: {
    id: string;
    account_id: string;
    user_id: string;
    name: string;
    prefix: string;
    key_hash: string;
    created_at: Date;
    last_used_at: Date | null;
  };
  projects: { id: string; account_id: string; name: string; description: string; created_by: string; created_at: Date };
  project_members: {
    account_id: string;
    project_id: string;
    user_id: string;
    role: 'admin' | 'editor' | 'viewer';
    created_at: Date;
  };
  project_keys: {
    id: string;
    account_id: string;
    project_id: string;
    wrapping_key_id: string;
    wrapped_key: Buffer;
    created_at: Date;
  };
  assets: {
    id: string;
    account_id: string;
    project_id: string;
    type: string;
    name: string;
    description: string;
    created_by: string;
    created_at: Date;
    updated_at: Date;
  };
  objects: {
    id: string;
    account_id: string;
    project_id: string;
    asset_id: string;
    purpose: string;
    project_key_id: string;
    wrapped_key: Buffer;
    sealed_size_bytes: number;
    sealed_sha256: Buffer;
    created_at: Date;
  };
};
