import packageFile from '../package.json' with { type: 'json' };
import type { Closers } from './closers.ts';
import {
  createLogDestination,
  openDataDirectory,
  openRunDirectory,
  type Places,
  placesOf,
  type Settings,
} from './config/index.ts';
import { type Clock, createPinoLogger, type Logger, type Secret, systemClock } from './core/index.ts';
import { createDatabase, type Database } from './database/index.ts';
import { destinationsOf } from './destinations.ts';
import { createEgress, type Egress } from './egress/index.ts';
import { createKeys, type Keys } from './keys/index.ts';

export type FoundationOptions = {
  /** Asks the person at the terminal for the passphrase of the root key file; undefined where nobody is there. */
  readonly askPassphrase?: () => Promise<Secret | undefined>;
};

/** What every room stands on. */
export type Foundation = {
  readonly clock: Clock;
  readonly places: Places;
  readonly logger: Logger;
  readonly database: Database;
  readonly egress: Egress;
  readonly keys: Keys;
};

/** Opens the data directory, log, database, way out and keys, in this order; each is closed by `closers`. */
export async function openFoundation(
  settings: Settings,
  { askPassphrase }: FoundationOptions,
  closers: Closers,
): Promise<Foundation> {
  const clock = systemClock;
  const dataDirectory = openDataDirectory(settings.dataDirectory);
  closers.push(dataDirectory.release);
  const places = placesOf(settings, dataDirectory);
  openRunDirectory(places.run);
  const log = await createLogDestination(settings.log, places.data);
  closers.push(log.close);
  const logger = createPinoLogger(log);
  logger.info('starting', { version: packageFile.version, processId: process.pid });

  const database = await createDatabase({
    config: { url: settings.databaseUrl, ownerUrl: settings.databaseOwnerUrl },
    dataDirectory: places.data,
    runDirectory: places.run,
    logger,
    clock,
  });
  closers.push(database.close);
  const egress = createEgress({ allow: destinationsOf(settings, places), logger });
  closers.push(egress.close);
  const { kmsPassphrase: given } = settings;
  const keys = await createKeys({
    config: { url: places.kmsUrl, providers: [...settings.keyProviders], cacheSeconds: settings.keyCacheSeconds },
    passphrase: {
      ...(given === undefined ? {} : { given }),
      ...(askPassphrase === undefined ? {} : { ask: askPassphrase }),
    },
    database,
    egress,
    clock,
    logger,
  });
  closers.push(keys.close);
  return { clock, places, logger, database, egress, keys };
}
