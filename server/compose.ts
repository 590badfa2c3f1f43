/** The composition root: joins the rooms from the first to the last. The only place that does. */
import { resolve } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { type ApiRoute, createApi } from './api/index.ts';
import { createAssets, DATA_ASSET } from './assets/index.ts';
import { createAudit, createAuditService } from './audit/index.ts';
import { Closers } from './closers.ts';
import { networkAddressOf, type Settings } from './config/index.ts';
import type { Authorize } from './core/index.ts';
import { listAccountIds } from './database/index.ts';
import { describeDeployment, missingParts } from './describe-deployment.ts';
import type { Egress } from './egress/index.ts';
import {
  createCheckpointSigner,
  createIdentity,
  createNodemailerMailer,
  type IdentityService,
  readMailServer,
} from './identity/index.ts';
import { createInference, createModels, createPullReport, type Engine } from './inference/index.ts';
import { createWrappingKeys } from './keys/index.ts';
import { createLab, labContentChecks, labPartRules } from './lab/index.ts';
import { openEngine } from './open-engine.ts';
import { type FoundationOptions, openFoundation } from './open-foundation.ts';
import { createProjects } from './projects/index.ts';
import { repeatHourly } from './repeat-hourly.ts';
import { createStorage } from './storage/index.ts';

const WEB_DIRECTORY = resolve(import.meta.dirname, '../dist/web');

export type RunningDeployment = {
  /** The address as people type it. */
  readonly url: string;
  /** The one-time link that creates the administrator; undefined once there is one. */
  setUpLink(): Promise<string | undefined>;
  /**
   * Fetches the default model if no model is there. Never throws: the state of the model tells what went wrong.
   * @param terminal where progress is told: a bar on a terminal, lines elsewhere
   */
  fetchDefaultModel(terminal: { readonly write: (text: string) => void; readonly isTerminal: boolean }): Promise<void>;
  /** Every operation of every surface. */
  readonly routes: readonly ApiRoute[];
  /** Lets running answers end, then closes every room, the last one first. */
  close(): Promise<void>;
};

export type ComposeOptions = FoundationOptions & {
  /** Takes the place of llama.cpp, in tests and benchmarks. */
  readonly engine?: Engine;
  /** Takes the place of the services' checks, in the test that shows what the database's policies hold by themselves. */
  readonly authorize?: Authorize;
};

/**
 * Opens every room and listens. Whatever was opened before a room that fails is closed again.
 * @throws AppError that says in one sentence why the server cannot start.
 */
export async function composeDeployment(settings: Settings, options: ComposeOptions = {}): Promise<RunningDeployment> {
  const closers = new Closers();
  const close = () => closers.close();
  try {
    return { ...(await openRooms(settings, options, closers)), close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

async function openRooms(
  settings: Settings,
  options: ComposeOptions,
  closers: Closers,
): Promise<Omit<RunningDeployment, 'close'>> {
  const { clock, places, logger, database, egress, keys } = await openFoundation(settings, options, closers);
  const { secretWrapper } = keys;
  let url = '';
  const siteUrl = () => (settings.publicUrl ?? url).replace(/\/$/, '');
  const signer = createCheckpointSigner({ database, secretWrapper, clock });
  const auditLog = createAudit({ database, signer, clock, logger });
  closers.push(auditLog.close);
  const identity = createIdentity({
    database,
    secretWrapper,
    audit: auditLog.audit,
    clock,
    logger,
    siteUrl,
    accountData: { purgeAccount: (accountId) => projects.accountData.purgeAccount(accountId) },
    identityProviders: { providers: settings.identityProviders, egress },
    ...mailerOf(settings, egress),
    ...(options.authorize === undefined ? {} : { authorize: options.authorize }),
  });
  await makeAdministrator(identity.service, settings);
  closers.push(repeatHourly(() => identity.rotateSigningKeysWhenDue(), logger));
  const { authorize } = identity;
  const { audit } = auditLog;
  const storage = await createStorage({
    config: { url: places.bucketUrl, instances: settings.storageInstances },
    database,
    keys: keys.service,
    secretWrapper,
    egress,
    logger,
  });
  closers.push(storage.close);
  const projects = createProjects({
    database,
    authorize,
    audit,
    keys: keys.service,
    storage,
    contents: { digestsOfProject: (scope) => assets.digestsOfKey(scope) },
    clock,
    logger,
  });
  const limits = {
    maxObjectMegabytes: settings.objectLimitMegabytes,
    maxUploadMegabytes: settings.uploadLimitMegabytes,
  };
  const assets = createAssets({ database, authorize, audit, storage, clock, logger, ...limits });
  closers.push(repeatHourly(() => assets.service.sweepOrphans(), logger));
  // Once before anybody is answered: what expired while the server was off is gone by then.
  await assets.expire();
  closers.push(repeatHourly(() => assets.expire(), logger));
  const wrappingKeys = createWrappingKeys({
    keys,
    database,
    authorize,
    audit,
    clock,
    logger,
    sealedBytes: {
      digestsOfKey: (scope) => assets.digestsOfKey(scope),
      noteStoredBytes: (scope) => assets.noteStoredBytes(scope),
    },
  });

  const models = await createModels({ directory: places.models, egress, authorize, audit, clock, logger });
  closers.push(models.close);
  const engine = options.engine ?? openEngine({ settings, places, models, clock, logger });
  const inference = createInference({ engines: [engine], models, authorize, clock });
  closers.push(inference.close);

  const api = await createApi({
    services: {
      identity: identity.service,
      serviceIds: identity.serviceIds,
      signInWays: identity.signInWays,
      people: identity.people,
      profiles: identity.profiles,
      accounts: identity.accounts,
      wrappingKeys,
      projects: projects.service,
      collaborators: projects.collaborators,
      bucketGrants: projects.bucketGrants,
      assets: assets.service,
      bucketObjects: assets.bucketObjects,
      uploads: assets.uploads,
      archives: assets.createArchives({
        projects: projects.service,
        checks: { [DATA_ASSET]: null, ...labContentChecks },
        partRules: labPartRules,
      }),
      ...createLab({ assets: assets.service, parts: assets.parts, locks: assets.locks, authorize, clock, siteUrl }),
      inference: inference.service,
      models,
      audit: createAuditService({ log: auditLog, authorize, listAccountIds: () => listAccountIds(database) }),
      describeDeployment: () =>
        describeDeployment({
          version: packageFile.version,
          url,
          settings,
          places,
          database,
          keyProviders: keys.providers,
          storage,
          engine,
        }),
      checkReadiness: () => missingParts(database),
      clock,
      logger,
    },
    address: networkAddressOf(settings),
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
    ...(settings.trustedProxies === undefined ? {} : { trustedProxies: settings.trustedProxies }),
    runDirectory: places.run,
    webDirectory: WEB_DIRECTORY,
    version: packageFile.version,
  });
  closers.push(api.close);
  url = await api.listen();
  logger.info('ready', { address: url });
  closers.push(() => logger.info('stopping'));

  return {
    url,
    routes: api.routes,
    async setUpLink() {
      const token = await identity.service.newSetupToken();
      return token === undefined ? undefined : `${siteUrl()}/setup#token=${token}`;
    },
    fetchDefaultModel: (terminal) => models.ensureDefaultModel(createPullReport(terminal)),
  };
}

/** Nothing where there is no mail server: one-time links are only shown then. */
function mailerOf({ smtpUrl, mailFrom: from }: Settings, egress: Egress) {
  if (smtpUrl === undefined || from === undefined) return {};
  return { mailer: createNodemailerMailer({ server: readMailServer(smtpUrl), from, egress }) };
}

async function makeAdministrator(identity: IdentityService, settings: Settings): Promise<void> {
  const { adminEmail: email, adminPassword: password } = settings;
  if (email === undefined || password === undefined) return;
  await identity.setUpUnattended({ accountName: 'Main account', name: email.split('@')[0] ?? email, email, password });
}
