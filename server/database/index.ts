export { listAccountIds } from './account-ids.ts';
export { type DatabaseConfig, databaseConfig } from './config.ts';
export { createDatabase } from './create-database.ts';
export type { Database, DatabaseTransaction, TenantScope } from './database.ts';
export { allowLongStatements } from './long-statements.ts';
export { isForeignKeyViolation, isRefusedRow } from './refused-rows.ts';
export type { Tables } from './tables.ts';
