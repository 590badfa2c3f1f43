import type { ColumnType, Generated } from 'kysely';

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
  signing_keys: {
    id: string;
    purpose: 'access-token' | 'audit';
    public_jwk: ColumnType<object, string>;
    wrapped_private_key: Buffer;
    created_at: Date;
    retires_at: Date | null;
  };
  accounts: { id: string; name: string; created_at: Date; audit_retention_days: number | null };
  users: {
    id: string;
    account_id: string;
    kind: 'person' | 'service';
    email: string | null;
    name: string;
    description: Generated<string>;
    role: 'owner' | 'administrator' | 'member' | 'billing-viewer' | 'governance-administrator' | 'service';
    password_hash: string | null;
    password_changed_at: Date | null;
    suspended_at: Date | null;
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
    method: 'password' | 'passkey' | 'identity-provider';
    has_second_factor: boolean;
    address: string | null;
    browser: string;
  };
  api_keys: {
    id: string;
    account_id: string;
    user_id: string;
    name: string;
    prefix: string;
    key_hash: string;
    created_at: Date;
    created_by: string | null;
    last_used_at: Date | null;
    expires_at: Date | null;
    scope_project_id: string | null;
    scope_model_ids: string[] | null;
    scope_inference_only: boolean;
  };
  one_time_links: {
    id: string;
    account_id: string;
    purpose: 'invitation' | 'password-reset';
    token_hash: string;
    email: string | null;
    role: 'owner' | 'administrator' | 'member' | 'billing-viewer' | 'governance-administrator' | null;
    user_id: string | null;
    created_by: string | null;
    created_at: Date;
    expires_at: Date;
  };
  sign_in_steps: {
    id: string;
    token_hash: string;
    purpose: 'second-factor' | 'passkey' | 'passkey-registration' | 'identity-provider';
    account_id: string | null;
    user_id: string | null;
    data: ColumnType<object, string>;
    failures: Generated<number>;
    expires_at: Date;
  };
  totp_secrets: {
    account_id: string;
    user_id: string;
    wrapped_secret: Buffer;
    begun_at: Date;
    confirmed_at: Date | null;
    last_used_step: Generated<number>;
  };
  recovery_codes: { account_id: string; user_id: string; code_hash: string };
  passkeys: {
    id: string;
    account_id: string;
    user_id: string;
    name: string;
    credential_id: string;
    public_key: Buffer;
    counter: number;
    transports: string[];
    created_at: Date;
    last_used_at: Date | null;
  };
  federated_identities: { account_id: string; user_id: string; issuer: string; subject: string; created_at: Date };
  projects: { id: string; account_id: string; name: string; description: string; created_by: string; created_at: Date };
  project_members: {
    account_id: string;
    project_id: string;
    user_id: string;
    role: 'admin' | 'editor' | 'viewer';
    created_at: Date;
  };
  bucket_grants: {
    account_id: string;
    project_id: string;
    user_id: string;
    access: 'reader' | 'writer';
    created_by: string;
    created_at: Date;
  };
  project_keys: {
    id: string;
    account_id: string;
    project_id: string;
    wrapping_key_id: string;
    wrapped_key: Buffer;
    created_at: Date;
    wrapped_at: Date;
    wrapping_key_version: number | null;
  };
  bucket_credentials: { account_id: string; project_id: string; wrapped_credential: Buffer };
  key_bindings: {
    account_id: string;
    project_id: string | null;
    provider_id: string | null;
    key_id: string | null;
    state: 'enabled' | 'disabled' | 'destroyed';
    changed_at: Date;
    changed_by: string | null;
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
    sealed_size_bytes: number;
    size_bytes: number | null;
    tags: Generated<string[]>;
    media_type: Generated<string>;
    expires_at: Date | null;
    revision: Generated<number>;
    last_save_id: string | null;
    last_part_number: Generated<number>;
    autosaves: Generated<boolean>;
    keeps_versions: Generated<boolean>;
    /** Name, description and tags in lower case, the name alone, and what of the two sizes a list shows: PostgreSQL makes them. */
    search_text: ColumnType<string, never, never>;
    name_key: ColumnType<string, never, never>;
    listed_size_bytes: ColumnType<number, never, never>;
  };
  objects: {
    id: string;
    account_id: string;
    project_id: string;
    asset_id: string | null;
    purpose: string;
    /** The id that it has in the bucket and is sealed for. */
    stored_as: string;
    project_key_id: string;
    wrapped_key: Buffer;
    sealed_size_bytes: number;
    sealed_sha256: Buffer;
    created_at: Date;
    /** Before sealing; null for an object from before there were segments. */
    size_bytes: number | null;
    /** Of an asset's objects, the one without a part is the asset's content. */
    part_id: string | null;
    expires_at: Date | null;
    saved_by: string | null;
  };
  asset_parts: {
    id: string;
    account_id: string;
    project_id: string;
    asset_id: string;
    kind: 'version' | 'entry';
    number: number;
    name: Generated<string>;
    description: Generated<string>;
    created_by: string;
    created_at: Date;
    expires_at: Date | null;
    size_bytes: number | null;
    sealed_size_bytes: number;
  };
  asset_locks: {
    asset_id: string;
    account_id: string;
    project_id: string;
    lock_type: 'edit' | 'governance';
    user_id: string;
    editor_id: string;
    taken_from_editor_id: string | null;
    taken_at: Date;
    expires_at: Date | null;
  };
  object_segments: {
    account_id: string;
    project_id: string;
    stored_as: string;
    number: number;
    /** The id that it has in the bucket. */
    segment_id: string;
    offset_bytes: number;
    size_bytes: number;
    sealed_size_bytes: number;
    sealed_sha256: Buffer;
  };
  uploads: {
    id: string;
    account_id: string;
    project_id: string;
    created_by: string;
    created_at: Date;
    expires_at: Date;
    type: string;
    name: string;
    description: string;
    tags: string[];
    media_type: string;
    length_bytes: number;
    offset_bytes: Generated<number>;
    purpose: string;
    stored_as: string;
    project_key_id: string;
    wrapped_key: Buffer;
  };
  audit_chains: { account_id: string; sequence: number; hash: Buffer; signature: string };
  audit_events: {
    account_id: string;
    sequence: number;
    at: Date;
    actor_user_id: string | null;
    actor_via: string;
    actor_credential_id: string | null;
    address: string | null;
    action: string;
    target_type: string;
    target_id: string | null;
    project_id: string | null;
    outcome: 'success' | 'denied' | 'failure';
    details: string;
    previous_hash: Buffer;
    hash: Buffer;
  };
  audit_checkpoints: {
    account_id: string;
    sequence: number;
    hash: Buffer;
    at: Date;
    is_trim: boolean;
    signature: string;
  };
};
