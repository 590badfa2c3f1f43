import type { AuditEvent } from '../../../contract/app/index.ts';
import { actionWords } from './action-words.ts';

export const outcomeWords: Readonly<Record<AuditEvent['outcome'], string>> = {
  success: 'Done',
  denied: 'Refused',
  failure: 'Failed',
};

export const viaWords: Readonly<Record<AuditEvent['actor']['via'], string>> = {
  'login-session': 'Signed in with a browser',
  'api-key': 'API key',
  'access-token': 'Access token',
  'control-socket': 'Command line on the server',
  'one-time-link': 'One-time link',
  server: 'The server by itself',
};

const targetWords: Readonly<Record<AuditEvent['target']['type'], string>> = {
  account: 'Account',
  person: 'Person',
  invitation: 'Invitation',
  'service-id': 'Service ID',
  'login-session': 'Login session',
  'api-key': 'API key',
  passkey: 'Passkey',
  project: 'Project',
  key: 'Encryption key',
  asset: 'Asset',
  'asset-part': 'Version or session entry',
  upload: 'Upload',
  object: 'Object',
  model: 'Model',
  'signing-key': 'Signing key',
  'audit-log': 'Audit log',
};

/** An action newer than this page is named as the server names it. */
export const wordsOf = (event: AuditEvent): string => actionWords[event.action] ?? event.action;

export const targetTypeOf = ({ target }: AuditEvent): string => targetWords[target.type] ?? target.type;

/** Who did it: by name while they are there, by identifier afterwards. */
export function actorOf({ actor }: AuditEvent): string {
  if (actor.name !== '') return actor.name;
  return actor.userId === null ? 'The server' : `Somebody who is gone (${actor.userId.slice(0, 8)})`;
}

/** How people are called, where the page knows: those of the account, and projects that the reader is in. */
export type NamesById = ReadonlyMap<string, string>;

/** What of the event goes beyond who, what and when: term and description. Nothing of it is content. */
export function factsOf(event: AuditEvent, names: NamesById): readonly (readonly [string, string])[] {
  const { actor, details, target } = event;
  const named = (id: string) => (names.has(id) ? `${names.get(id)} (${id})` : id);
  const changed = (before: string | undefined, after: string) =>
    before === undefined ? after : `${before} → ${after}`;
  const facts: [string, string | undefined][] = [
    ['Came by', viaWords[actor.via] ?? actor.via],
    ['Address', actor.address],
    ['Person or service ID', actor.userId ?? undefined],
    ['Login session or API key', actor.credentialId],
    [targetTypeOf(event), target.id === undefined ? undefined : named(target.id)],
    ['Project', event.projectId === undefined || event.projectId === target.id ? undefined : named(event.projectId)],
    ['For', details.userId === undefined ? undefined : named(details.userId)],
    ['Role', details.role === undefined ? undefined : changed(details.previousRole, details.role)],
    ['Role before', details.role === undefined ? details.previousRole : undefined],
    [
      'Bucket access',
      details.bucketAccess === undefined ? undefined : changed(details.previousBucketAccess, details.bucketAccess),
    ],
    ['Bucket access before', details.bucketAccess === undefined ? details.previousBucketAccess : undefined],
    ['Refused', details.deniedAction],
    ['Method', details.method],
    ['Fields', details.fields?.join(', ')],
    ['Versions or entries', details.partNumbers?.join(', ')],
    ['Destroyed to make room', details.destroyedPartNumbers?.join(', ')],
    ['Suspended', details.isSuspended === undefined ? undefined : details.isSuspended ? 'yes' : 'no'],
    ['Kept for', details.retentionDays === undefined ? undefined : `${details.retentionDays} days`],
    ['Number in the log', String(event.sequence)],
    ['Hash', event.hash],
    ['Hash of the event before', event.previousHash],
  ];
  return facts.flatMap(([term, description]) => (description === undefined ? [] : [[term, description] as const]));
}
