import { z } from 'zod';
import { Secret } from '../core/index.ts';

/** Settings of the database room. */
export const databaseConfig = z.strictObject({
  /** `DATABASE_URL`: signs in as the server's own role. Absent: a PostgreSQL of our own. */
  url: z.instanceof(Secret).optional(),
  /** `DATABASE_OWNER_URL`: signs in as the role that owns the tables; for migrations only. */
  ownerUrl: z.instanceof(Secret).optional(),
});
export type DatabaseConfig = z.infer<typeof databaseConfig>;
