/** The evidence for "Other accounts", and for what roles reach. */
import { z } from 'zod';
import { bucketObjectList, project, serviceId } from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { joinAnotherAccount, tryRoles } from './another-account.ts';
import type { Ledger } from './canary.ts';
import { type ForeignAttempts, tryForeignThings } from './foreign-attempts.ts';
import type { UndoStep } from './interruptible.ts';
import { ask, type PeerOfPages } from './page.ts';
import type { AccessCheck } from './report.ts';
import { accessTokenOf } from './send.ts';

/** What the run has made in this account. */
export type OwnWork = {
  /** The project, and an API key of its Admin. */
  readonly own: string;
  readonly key: string;
  readonly keyId: string;
  readonly keptId: string;
  readonly modelId: string;
  isAsSaved(): Promise<boolean>;
};

const whose = z.object({ user: z.object({ id: z.string() }), account: z.object({ id: z.string() }) });

/** @throws CommandError when the other account could not be made or joined */
export async function tryAnotherAccount(
  world: {
    readonly control: Control;
    readonly peer: PeerOfPages;
    readonly ledger: Ledger;
    readonly undo: UndoStep[];
  },
  work: OwnWork,
): Promise<ForeignAttempts & { readonly roles: readonly AccessCheck[] }> {
  const { control, peer, ledger, undo } = world;
  const { user, account } = await control.call(whose, 'GET', '/session');
  const service = await control.call(serviceId, 'POST', '/service-ids', { name: 'cloister verify' });
  undo.push((direct) => direct.run('DELETE', `/service-ids/${service.id}`));
  const listObjects = () => control.call(bucketObjectList, 'GET', `/projects/${work.own}/bucket/objects`);
  const seeProject = () => control.call(project, 'GET', `/projects/${work.own}`);
  const [before, objectId] = [await seeProject(), (await listObjects()).items[0]?.objectId];
  if (objectId === undefined) throw new CommandError('the bucket of a project lists nothing of a saved template');

  // Taken before the other account has words of its own.
  const words = ledger.canaries.flatMap((canary) => canary.words);
  const another = await joinAnotherAccount(world, work.modelId, undo);
  const roles = await tryRoles(peer, another);
  const things = {
    projectId: work.own,
    templateId: work.keptId,
    objectId,
    apiKeyId: work.keyId,
    serviceId: service.id,
    userId: user.id,
  };
  const stranger = {
    session: another.owner.headers,
    key: another.key,
    token: await accessTokenOf({ peer, key: another.key }),
    projectId: another.projectId,
  };
  const secrets = [...Object.values(things), account.id, ...words];
  const attempts = await tryForeignThings({ peer, modelId: work.modelId }, stranger, things, secrets, ledger);

  const headers = { authorization: `Bearer ${work.key}` };
  const afterwards = await seeProject();
  const isUnchanged =
    (await work.isAsSaved()) &&
    afterwards.name === before.name &&
    afterwards.description === before.description &&
    (await listObjects()).items.some((object) => object.objectId === objectId) &&
    (await ask(peer, { method: 'GET', path: '/session', headers })).status === 200;
  return { ...attempts, roles, checks: [...attempts.checks, { check: 'it changed nothing', ok: isUnchanged }] };
}
