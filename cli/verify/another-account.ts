/** A second account on the deployment, real in all but its purpose, with two people in it and saved work of their own. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  bucketObjectList,
  createdAccount,
  createdApiKey,
  createdLink,
  project,
  promptTemplate,
  signInResult,
} from '../../contract/app/index.ts';
import { CommandError } from '../command-error.ts';
import type { Control } from '../control.ts';
import { type Ledger, randomWord, textOf } from './canary.ts';
import type { UndoStep } from './interruptible.ts';
import { ask, cookiesOf, must, type PeerOfPages, pageHeaders } from './page.ts';
import type { AccessCheck } from './report.ts';
import { freeform } from './templates.ts';

/** Somebody at the app's pages. */
export type Person = { readonly userId: string; readonly headers: Readonly<Record<string, string>> };

export type AnotherAccount = {
  readonly owner: Person;
  /** Of the owner. */
  readonly key: string;
  readonly projectId: string;
  readonly templateId: string;
  readonly objectId: string;
};

/**
 * Makes the account as an operator does, and joins it as its owner does: by the invitation, in a browser. It is removed with all that is in
 * it when the run is over.
 * @throws CommandError that says which step did not work
 */
export async function joinAnotherAccount(
  { control, peer, ledger }: { readonly control: Control; readonly peer: PeerOfPages; readonly ledger: Ledger },
  modelId: string,
  undo: UndoStep[],
): Promise<AnotherAccount & { readonly colleague: Person }> {
  const { account, invitation } = await control.call(createdAccount, 'POST', '/accounts', {
    name: 'cloister verify, another account',
    ownerEmail: temporaryAddress(),
  });
  undo.push((direct) => direct.run('DELETE', `/accounts/${account.id}`));
  const join = (link: string) => acceptInvitation(peer, link, ledger);
  const owner = await join(invitation.link);
  const asOwner = { headers: owner.headers };
  const post = <T>(schema: z.ZodType<T>, path: string, body: object) =>
    must(schema, peer, { method: 'POST', path, body, ...asOwner });

  const { key } = await post(createdApiKey, '/api-keys', { name: 'cloister verify' });
  const { id: projectId } = await post(project, '/projects', { name: 'cloister verify' });
  const canary = ledger.add('saved template of another account');
  const { id: templateId } = await post(promptTemplate, `/projects/${projectId}/prompt-templates`, {
    name: 'cloister verify',
    content: freeform(modelId, textOf(canary)),
  });
  const objects = await must(bucketObjectList, peer, {
    method: 'GET',
    path: `/projects/${projectId}/bucket/objects`,
    ...asOwner,
  });
  const objectId = objects.items[0]?.objectId;
  if (objectId === undefined) throw new CommandError('the bucket of a project lists nothing of a saved template');
  const link = await post(createdLink, '/invitations', { email: temporaryAddress(), role: 'member' });
  const colleague = await join(link.link);
  return { owner, colleague, key, projectId, templateId, objectId };
}

/** Nobody can have an address there (RFC 2606). */
function temporaryAddress(): string {
  return `${randomWord()}@cloister-verify.invalid`;
}

async function acceptInvitation(peer: PeerOfPages, link: string, ledger: Ledger): Promise<Person> {
  const page = pageHeaders(peer);
  const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
  // Neither may be kept: the password, and what a browser says that it is.
  const canary = ledger.add('the password and the browser of somebody who joins');
  const joined = await must(signInResult, peer, {
    method: 'POST',
    path: '/links/accept-invitation',
    headers: { ...page, 'user-agent': `Browser/${canary.words[1]}` },
    body: { token, name: 'cloister verify', password: textOf(canary) },
  });
  const cookie = cookiesOf(joined.answer);
  if (joined.state !== 'signed-in' || cookie === '')
    throw new CommandError('whoever accepted an invitation was not signed in');
  return { userId: joined.session.user.id, headers: { ...page, cookie } };
}

/** What a role in a project and a grant of its bucket reach, and that both can be taken back. */
export async function tryRoles(
  peer: PeerOfPages,
  { owner, colleague, projectId, templateId, objectId }: AnotherAccount & { readonly colleague: Person },
): Promise<readonly AccessCheck[]> {
  const inProject = `/projects/${projectId}`;
  const give = (method: string, what: string, body?: object) =>
    must(z.object({}), peer, {
      method,
      path: `${inProject}/${what}/${colleague.userId}`,
      headers: owner.headers,
      ...(body === undefined ? {} : { body }),
    });
  const statusOf = async (method: string, path: string, body?: object) =>
    (await ask(peer, { method, path, headers: colleague.headers, ...(body === undefined ? {} : { body }) })).status;
  const list = () => statusOf('GET', `${inProject}/prompt-templates`);
  const template = () => statusOf('GET', `${inProject}/prompt-templates/${templateId}`);
  const object = () => statusOf('GET', `${inProject}/bucket/objects/${objectId}`);
  const remove = () => statusOf('DELETE', `${inProject}/bucket/objects/${objectId}`);

  const outside = [await list(), await template(), await object()];
  await give('PUT', 'collaborators', { role: 'viewer' });
  const asViewer = [await list(), await template(), await object()];
  const change = await statusOf('PATCH', `${inProject}/prompt-templates/${templateId}`, { description: randomUUID() });
  await give('DELETE', 'collaborators');
  await give('PUT', 'bucket/grants', { access: 'reader' });
  const asReader = [await object(), await remove(), await template()];
  await give('DELETE', 'bucket/grants');
  const afterwards = [await list(), await template(), await object()];
  return [
    expected(
      'a Viewer sees that a template is there, and neither opens nor changes it',
      [...asViewer, change],
      [200, 403, 403, 403],
    ),
    expected(
      'somebody who was granted the bucket opens its objects, deletes none, and opens no template',
      asReader,
      [200, 403, 403],
    ),
    expected(
      'a colleague outside the project finds nothing, before and after',
      [...outside, ...afterwards],
      [404, 404, 404, 404, 404, 404],
    ),
  ];
}

function expected(check: string, found: readonly number[], wanted: readonly number[]): AccessCheck {
  if (found.join() === wanted.join()) return { check, ok: true };
  return { check, ok: false, found: `statuses ${found.join(', ')} instead of ${wanted.join(', ')}` };
}
