import { randomUUID } from 'node:crypto';
import type { AccountAction, ProjectAction } from '../../../server/core/index.ts';

/** What an operation asks of whoever calls it; the tables in `server/identity/access/permissions.ts` say who has it. */
export type Need =
  /** Anybody: it asks for no credential. */
  | { readonly open: true }
  /** Somebody on the same machine: over the network there is no such path. */
  | { readonly controlSocket: true }
  /** Any credential that is valid, whatever it is limited to. */
  | { readonly credential: true }
  | { readonly project: ProjectAction }
  /** `session`, here and below: with a login session only. */
  | { readonly account: AccountAction; readonly session?: true }
  /** One's own: the action, and being the project's Admin in this test, whose thing it is. */
  | { readonly own: AccountAction; readonly session?: true; readonly isAdmins?: true };

/** Ids of the things that operations are about. A variant of a call puts another id in the place of one of them. */
export type Things = {
  readonly projectId: string;
  /** It has one version, number 1. */
  readonly templateId: string;
  /** It has one entry, number 1. */
  readonly sessionId: string;
  readonly objectId: string;
  /** A member of the account whom nobody needs. */
  readonly personId: string;
  readonly invitationId: string;
  readonly serviceId: string;
  readonly serviceKeyId: string;
  /** Of the project's Admin. */
  readonly apiKeyId: string;
  readonly loginSessionId: string;
};

export type Operation = {
  readonly needs: Need;
  /** The things in the path, from the outer to the inner one. */
  readonly path?: (things: Things) => string;
  readonly things?: readonly (keyof Things)[];
  readonly body?: (things: Things) => object | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of a call that is allowed, where it is not a success: the call is made so that it harms nothing. */
  readonly allowedStatuses?: readonly number[];
  /** It takes its thing away: every call that is allowed gets things of its own. */
  readonly consumes?: true;
  /** It signs the caller out, who then signs in again. */
  readonly endsSessions?: true;
};

/** The engine's model in this test. */
export const MODEL = 'memory/chat';

const content = {
  mode: 'freeform',
  modelId: MODEL,
  parameters: {
    decodingMethod: 'greedy',
    maxNewTokens: 5,
    minNewTokens: 0,
    temperature: 0.7,
    topK: 50,
    topP: 1,
    repetitionPenalty: 1,
    stopSequences: [],
  },
  text: 'A text that nobody else wrote.',
};
const messages = [{ role: 'user', content: 'Hello' }];
const octets = { 'content-type': 'application/octet-stream' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

const generation = (path: string, body: (things: Things) => object): Operation => ({
  needs: { project: 'run-prompt' },
  path: () => path,
  things: ['projectId'],
  body,
});

const inProject = ({ projectId }: Things) => `/api/v1/projects/${projectId}`;
const template = (things: Things) => `${inProject(things)}/prompt-templates/${things.templateId}`;
const session = (things: Things) => `${inProject(things)}/prompt-sessions/${things.sessionId}`;
const asset = (things: Things) => `${inProject(things)}/assets/${things.templateId}`;
const collaborator = (things: Things) => `${inProject(things)}/collaborators/${things.personId}`;
const grant = (things: Things) => `${inProject(things)}/bucket/grants/${things.personId}`;
const object = (things: Things) => `${inProject(things)}/bucket/objects/${things.objectId}`;
const person = ({ personId }: Things) => `/api/v1/people/${personId}`;
const service = ({ serviceId }: Things) => `/api/v1/service-ids/${serviceId}`;
const serviceKey = (things: Things) => `${service(things)}/api-keys/${things.serviceKeyId}`;
const apiKey = ({ apiKeyId }: Things) => `/api/v1/api-keys/${apiKeyId}`;

const tus = { 'tus-resumable': '1.0.0' };
const uploads = (things: Things) => `${inProject(things)}/uploads`;
const upload = (call: Partial<Operation>): Operation => ({
  needs: { project: 'write-asset' },
  path: (things) => `${uploads(things)}/${randomUUID()}`,
  things: ['projectId'],
  headers: tus,
  allowedStatuses: [404],
  ...call,
});

const manage = { project: 'manage-collaborators' } as const;
const people = { account: 'manage-people' } as const;
const keys = { own: 'manage-api-keys' } as const;
/** Of a session that there is not, which only those hear who may do it in the project. */
const watsonxSession = (needs: ProjectAction, path = '', body?: object): Operation => ({
  needs: { project: needs },
  path: ({ projectId }) => `/wx/v1/prompt_sessions/${randomUUID()}${path}?project_id=${projectId}`,
  things: ['projectId'],
  allowedStatuses: [404],
  ...(body === undefined ? {} : { body: () => body }),
});
const submitted = { name: 'n', created_at: 1, prompt: { model_id: MODEL, input: [['A text of IBM’s shape', '']] } };
const watsonxPrompt = (needs: ProjectAction, call: Partial<Operation> = {}, path = ''): Operation => ({
  needs: { project: needs },
  path: ({ projectId, templateId }) => `/wx/v1/prompts/${templateId}${path}?project_id=${projectId}`,
  things: ['projectId', 'templateId'],
  ...call,
});
const signIn = { own: 'manage-own-sign-in', session: true } as const;
const open = { open: true } as const;
const control = { controlSocket: true } as const;
const VERSION = '?version=2025-02-11';

function keyOperations(
  pattern: string,
  { see, manage: change }: { readonly see: Need; readonly manage: Need },
): Record<string, Operation> {
  const things = pattern.includes(':projectId') ? { things: ['projectId'] as const } : {};
  const row = (needs: Need, rest = '') => ({
    needs,
    ...things,
    path: ({ projectId }: Things) => pattern.replace(':projectId', projectId) + rest,
  });
  return {
    [`GET ${pattern}`]: row(see),
    [`PUT ${pattern}`]: { ...row(change), body: () => ({ providerId: 'none' }), allowedStatuses: [400] },
    [`DELETE ${pattern}`]: row(change),
    [`POST ${pattern}/rotate`]: row(change, '/rotate'),
    [`POST ${pattern}/disable`]: row(change, '/disable'),
    [`POST ${pattern}/enable`]: row(change, '/enable'),
    [`POST ${pattern}/destroy`]: {
      ...row(change, '/destroy'),
      body: () => ({ confirmation: 'another name' }),
      allowedStatuses: [400],
    },
  };
}

/** One row for each operation of the server, by method and pattern. A route without a row here fails the test. */
export const operations: Readonly<Record<string, Operation>> = {
  // Operations and web pages
  'GET /healthz': { needs: open },
  'GET /readyz': { needs: open },

  // Signing in
  'GET /api/v1/openapi.json': { needs: open },
  'GET /api/v1/setup': { needs: open },
  'POST /api/v1/setup': { needs: open, allowedStatuses: [400, 403] },
  'POST /api/v1/session': { needs: open, allowedStatuses: [400] },
  'GET /api/v1/session': { needs: { credential: true } },
  'DELETE /api/v1/session': { needs: open, allowedStatuses: [204, 403], endsSessions: true },
  'POST /api/v1/session/second-factor': { needs: open, allowedStatuses: [400, 403] },
  'POST /api/v1/session/passkey/options': { needs: open, body: () => ({}), allowedStatuses: [200, 403, 409] },
  'POST /api/v1/session/passkey': { needs: open, allowedStatuses: [400, 403] },
  'GET /api/v1/identity-providers': { needs: open },
  'GET /api/v1/identity-providers/:providerId/sign-in': {
    needs: open,
    path: () => '/api/v1/identity-providers/none/sign-in',
    allowedStatuses: [302, 303, 404],
  },
  'GET /api/v1/identity-providers/:providerId/callback': {
    needs: open,
    path: () => '/api/v1/identity-providers/none/callback',
    allowedStatuses: [302, 303, 404],
  },
  'POST /api/v1/links/look': { needs: open, allowedStatuses: [400, 403] },
  'POST /api/v1/links/accept-invitation': { needs: open, allowedStatuses: [400, 403] },
  'POST /api/v1/links/reset-password': { needs: open, allowedStatuses: [400, 403] },
  'POST /identity/token': { needs: open, headers: form, body: () => 'grant_type=x', allowedStatuses: [400] },
  'GET /identity/keys': { needs: open },
  'GET /identity/audit-keys': { needs: open },
  'POST /icp4d-api/v1/authorize': { needs: open, body: () => ({}), allowedStatuses: [400] },

  // One's own
  'GET /api/v1/profile': { needs: { own: 'manage-own-sign-in' } },
  'PATCH /api/v1/profile': { needs: { own: 'manage-own-sign-in' }, body: () => ({ name: 'Same name' }) },
  'POST /api/v1/profile/password': {
    needs: signIn,
    body: () => ({ currentPassword: 'not the password', newPassword: 'another long password' }),
    allowedStatuses: [400, 401, 409, 429],
  },
  'GET /api/v1/profile/sessions': { needs: { own: 'manage-own-sign-in' } },
  'DELETE /api/v1/profile/sessions': { needs: { own: 'manage-own-sign-in' }, endsSessions: true },
  'DELETE /api/v1/profile/sessions/:sessionId': {
    needs: { own: 'manage-own-sign-in', isAdmins: true },
    path: ({ loginSessionId }) => `/api/v1/profile/sessions/${loginSessionId}`,
    things: ['loginSessionId'],
    consumes: true,
  },
  'POST /api/v1/profile/totp': { needs: signIn, allowedStatuses: [200, 409] },
  'POST /api/v1/profile/totp/confirm': {
    needs: signIn,
    body: () => ({ code: '000000' }),
    allowedStatuses: [400, 401, 409, 429],
  },
  'DELETE /api/v1/profile/totp': { needs: signIn, body: () => ({}), allowedStatuses: [400, 401, 409] },
  'POST /api/v1/profile/recovery-codes': { needs: signIn, body: () => ({}), allowedStatuses: [400, 401, 409] },
  'GET /api/v1/profile/passkeys': { needs: { own: 'manage-own-sign-in' } },
  'POST /api/v1/profile/passkeys/options': { needs: signIn, allowedStatuses: [200, 409] },
  'POST /api/v1/profile/passkeys': {
    needs: signIn,
    body: () => ({ stepToken: 'none', name: 'One more', response: {} }),
    allowedStatuses: [400, 401, 409],
  },
  'DELETE /api/v1/profile/passkeys/:passkeyId': {
    needs: signIn,
    path: () => `/api/v1/profile/passkeys/${randomUUID()}`,
    body: () => ({}),
    allowedStatuses: [400],
  },
  'GET /api/v1/api-keys': { needs: keys },
  'POST /api/v1/api-keys': { needs: keys, body: () => ({ name: 'One more' }), allowedStatuses: [201] },
  'POST /api/v1/api-keys/:apiKeyId/rotate': {
    needs: { ...keys, isAdmins: true },
    path: (things) => `${apiKey(things)}/rotate`,
    things: ['apiKeyId'],
  },
  'DELETE /api/v1/api-keys/:apiKeyId': {
    needs: { ...keys, isAdmins: true },
    path: apiKey,
    things: ['apiKeyId'],
    consumes: true,
  },

  // The account
  'GET /api/v1/account': { needs: { account: 'see-people' } },
  'PATCH /api/v1/account': { needs: { account: 'manage-account' }, body: () => ({ name: 'Hospital' }) },
  'GET /api/v1/account/audit-retention': { needs: { account: 'read-audit' } },
  'PUT /api/v1/account/audit-retention': { needs: { account: 'manage-account' }, body: () => ({ days: null }) },
  'GET /api/v1/audit-events': { needs: { account: 'read-audit' } },
  'GET /api/v1/audit-events/export': {
    needs: { account: 'read-audit' },
    path: () => '/api/v1/audit-events/export?format=jsonl',
  },
  'GET /api/v1/people': { needs: { account: 'see-people' } },
  'PATCH /api/v1/people/:personId': {
    needs: people,
    path: person,
    things: ['personId'],
    body: () => ({ role: 'member' }),
  },
  'DELETE /api/v1/people/:personId': { needs: people, path: person, things: ['personId'], consumes: true },
  'DELETE /api/v1/people/:personId/sessions': {
    needs: people,
    path: (things) => `${person(things)}/sessions`,
    things: ['personId'],
  },
  'POST /api/v1/people/:personId/password-reset': {
    needs: { ...people, session: true },
    path: (things) => `${person(things)}/password-reset`,
    things: ['personId'],
  },
  'POST /api/v1/people/:personId/second-factor-reset': {
    needs: { ...people, session: true },
    path: (things) => `${person(things)}/second-factor-reset`,
    things: ['personId'],
  },
  'GET /api/v1/invitations': { needs: people },
  'POST /api/v1/invitations': {
    needs: people,
    body: () => ({ email: `${randomUUID()}@example.org`, role: 'member' }),
  },
  'DELETE /api/v1/invitations/:invitationId': {
    needs: people,
    path: ({ invitationId }) => `/api/v1/invitations/${invitationId}`,
    things: ['invitationId'],
    consumes: true,
  },
  'GET /api/v1/service-ids': { needs: people },
  'POST /api/v1/service-ids': { needs: people, body: () => ({ name: 'One more' }) },
  'PATCH /api/v1/service-ids/:serviceId': {
    needs: people,
    path: service,
    things: ['serviceId'],
    body: () => ({ description: 'The same' }),
  },
  'DELETE /api/v1/service-ids/:serviceId': { needs: people, path: service, things: ['serviceId'], consumes: true },
  'GET /api/v1/service-ids/:serviceId/api-keys': {
    needs: people,
    path: (things) => `${service(things)}/api-keys`,
    things: ['serviceId'],
  },
  'POST /api/v1/service-ids/:serviceId/api-keys': {
    needs: people,
    path: (things) => `${service(things)}/api-keys`,
    things: ['serviceId'],
    body: () => ({ name: 'One more' }),
  },
  'POST /api/v1/service-ids/:serviceId/api-keys/:apiKeyId/rotate': {
    needs: people,
    path: (things) => `${serviceKey(things)}/rotate`,
    things: ['serviceId', 'serviceKeyId'],
  },
  'DELETE /api/v1/service-ids/:serviceId/api-keys/:apiKeyId': {
    needs: people,
    path: serviceKey,
    things: ['serviceId', 'serviceKeyId'],
    consumes: true,
  },

  // Keys: what is disabled is enabled by the row after it, and nobody says the name that destroys.
  'GET /api/v1/key-providers': { needs: { account: 'list-projects' } },
  ...keyOperations('/api/v1/account/key', {
    see: { account: 'see-account-key' },
    manage: { account: 'manage-account-key' },
  }),
  ...keyOperations('/api/v1/projects/:projectId/key', {
    see: { project: 'see-project-key' },
    manage: { project: 'manage-project-key' },
  }),

  // Models: no call of these changes anything.
  'GET /api/v1/models': { needs: { account: 'see-models' } },
  'POST /api/v1/models/:modelId/pull': {
    needs: { account: 'manage-models' },
    path: () => '/api/v1/models/local%2Fnone/pull',
    allowedStatuses: [404],
  },
  'PUT /api/v1/models/:modelId/file': {
    needs: { account: 'manage-models' },
    path: () => '/api/v1/models/local%2Fnone/file',
    headers: octets,
    body: () => 'no model at all',
    allowedStatuses: [409],
  },
  'DELETE /api/v1/models/:modelId': {
    needs: { account: 'manage-models' },
    path: () => '/api/v1/models/local%2Fnone',
    allowedStatuses: [404],
  },

  // Projects
  'GET /api/v1/projects': { needs: { account: 'list-projects' } },
  'POST /api/v1/projects': { needs: { account: 'create-project' }, body: () => ({ name: 'One more' }) },
  'GET /api/v1/projects/:projectId': { needs: { project: 'see-project' }, path: inProject, things: ['projectId'] },
  'PATCH /api/v1/projects/:projectId': {
    needs: { project: 'change-project' },
    path: inProject,
    things: ['projectId'],
    body: () => ({ description: 'The same' }),
  },
  'DELETE /api/v1/projects/:projectId': {
    needs: { project: 'delete-project' },
    path: inProject,
    things: ['projectId'],
    consumes: true,
  },
  'GET /api/v1/projects/:projectId/export': {
    needs: { project: 'export-project' },
    path: (things) => `${inProject(things)}/export`,
    things: ['projectId'],
  },
  // With an asset that is no archive: nothing is changed.
  'POST /api/v1/projects/:projectId/import': {
    needs: { project: 'import-project' },
    path: (things) => `${inProject(things)}/import`,
    things: ['projectId', 'templateId'],
    body: ({ templateId }) => ({ assetId: templateId }),
    allowedStatuses: [409],
  },
  'GET /api/v1/projects/:projectId/collaborators': {
    needs: { project: 'see-project' },
    path: (things) => `${inProject(things)}/collaborators`,
    things: ['projectId'],
  },
  'POST /api/v1/projects/:projectId/candidates/search': {
    needs: manage,
    path: (things) => `${inProject(things)}/candidates/search`,
    things: ['projectId'],
    body: () => ({ q: 'a' }),
  },
  'PUT /api/v1/projects/:projectId/collaborators/:userId': {
    needs: manage,
    path: collaborator,
    things: ['projectId', 'personId'],
    body: () => ({ role: 'viewer' }),
  },
  'DELETE /api/v1/projects/:projectId/collaborators/:userId': {
    needs: manage,
    path: collaborator,
    things: ['projectId', 'personId'],
    consumes: true,
  },
  'GET /api/v1/buckets': { needs: { account: 'list-projects' } },
  'GET /api/v1/projects/:projectId/bucket/grants': {
    needs: manage,
    path: (things) => `${inProject(things)}/bucket/grants`,
    things: ['projectId'],
  },
  'PUT /api/v1/projects/:projectId/bucket/grants/:userId': {
    needs: manage,
    path: grant,
    things: ['projectId', 'personId'],
    body: () => ({ access: 'reader' }),
  },
  'DELETE /api/v1/projects/:projectId/bucket/grants/:userId': {
    needs: manage,
    path: grant,
    things: ['projectId', 'personId'],
    consumes: true,
  },
  'GET /api/v1/projects/:projectId/bucket': {
    needs: { project: 'list-objects' },
    path: (things) => `${inProject(things)}/bucket`,
    things: ['projectId'],
  },
  'GET /api/v1/projects/:projectId/bucket/objects': {
    needs: { project: 'list-objects' },
    path: (things) => `${inProject(things)}/bucket/objects`,
    things: ['projectId'],
  },
  'GET /api/v1/projects/:projectId/bucket/objects/:objectId': {
    needs: { project: 'open-object' },
    path: object,
    things: ['projectId', 'objectId'],
  },
  'PUT /api/v1/projects/:projectId/bucket/objects/:objectId': {
    needs: { project: 'write-object' },
    path: (things) => `${inProject(things)}/bucket/objects/${randomUUID()}`,
    things: ['projectId'],
    headers: octets,
    body: () => 'bytes',
  },
  'DELETE /api/v1/projects/:projectId/bucket/objects/:objectId': {
    needs: { project: 'write-object' },
    path: object,
    things: ['projectId', 'objectId'],
    consumes: true,
  },

  // What is saved in projects
  'GET /api/v1/projects/:projectId/assets': {
    needs: { project: 'list-assets' },
    path: (things) => `${inProject(things)}/assets?sort=size`,
    things: ['projectId'],
  },
  'POST /api/v1/projects/:projectId/assets/search': {
    needs: { project: 'list-assets' },
    path: (things) => `${inProject(things)}/assets/search`,
    things: ['projectId'],
    body: () => ({ q: 'a', sort: 'name' }),
  },
  'GET /api/v1/projects/:projectId/assets/:assetId': {
    needs: { project: 'list-assets' },
    path: asset,
    things: ['projectId', 'templateId'],
  },
  'GET /api/v1/projects/:projectId/assets/:assetId/content': {
    needs: { project: 'open-asset' },
    path: (things) => `${asset(things)}/content`,
    things: ['projectId', 'templateId'],
  },
  'PATCH /api/v1/projects/:projectId/assets/:assetId': {
    needs: { project: 'write-asset' },
    path: asset,
    things: ['projectId', 'templateId'],
    body: () => ({ tags: ['one', 'more'] }),
  },
  'DELETE /api/v1/projects/:projectId/assets/:assetId': {
    needs: { project: 'write-asset' },
    path: asset,
    things: ['projectId', 'templateId'],
    consumes: true,
  },
  'GET /api/v1/projects/:projectId/uploads': {
    needs: { project: 'write-asset' },
    path: uploads,
    things: ['projectId'],
  },
  'POST /api/v1/projects/:projectId/uploads': {
    needs: { project: 'write-asset' },
    path: uploads,
    things: ['projectId'],
    headers: { ...tus, 'upload-length': '0', 'upload-metadata': `name ${Buffer.from('Nothing').toString('base64')}` },
  },
  // Only whoever began an upload finds it: nobody did.
  'HEAD /api/v1/projects/:projectId/uploads/:uploadId': upload({}),
  'GET /api/v1/projects/:projectId/uploads/:uploadId/blocks/:number': upload({
    path: (things) => `${uploads(things)}/${randomUUID()}/blocks/0`,
  }),
  'PATCH /api/v1/projects/:projectId/uploads/:uploadId': upload({
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: () => 'bytes',
  }),
  'DELETE /api/v1/projects/:projectId/uploads/:uploadId': upload({}),
  'POST /api/v1/projects/:projectId/prompt-code': {
    needs: { project: 'run-prompt' },
    path: (things) => `${inProject(things)}/prompt-code`,
    things: ['projectId'],
    body: () => ({ content, language: 'curl' }),
  },
  'POST /api/v1/projects/:projectId/notebooks': {
    needs: { project: 'write-asset' },
    path: (things) => `${inProject(things)}/notebooks`,
    things: ['projectId'],
    body: () => ({ name: 'Notebook', content, sdk: 'openai' }),
  },
  'GET /api/v1/projects/:projectId/prompt-templates': {
    needs: { project: 'list-assets' },
    path: (things) => `${inProject(things)}/prompt-templates`,
    things: ['projectId'],
  },
  'POST /api/v1/projects/:projectId/prompt-templates/search': {
    needs: { project: 'list-assets' },
    path: (things) => `${inProject(things)}/prompt-templates/search`,
    things: ['projectId'],
    body: () => ({ q: 'a' }),
  },
  'POST /api/v1/projects/:projectId/prompt-templates': {
    needs: { project: 'write-asset' },
    path: (things) => `${inProject(things)}/prompt-templates`,
    things: ['projectId'],
    body: () => ({ name: 'One more', content }),
  },
  'GET /api/v1/projects/:projectId/prompt-templates/:templateId': {
    needs: { project: 'open-asset' },
    path: template,
    things: ['projectId', 'templateId'],
  },
  'PATCH /api/v1/projects/:projectId/prompt-templates/:templateId': {
    needs: { project: 'write-asset' },
    path: template,
    things: ['projectId', 'templateId'],
    body: () => ({ description: 'The same' }),
  },
  'DELETE /api/v1/projects/:projectId/prompt-templates/:templateId': {
    needs: { project: 'write-asset' },
    path: template,
    things: ['projectId', 'templateId'],
    consumes: true,
  },

  'GET /api/v1/projects/:projectId/prompt-templates/:templateId/versions': {
    needs: { project: 'list-assets' },
    path: (things) => `${template(things)}/versions`,
    things: ['projectId', 'templateId'],
  },
  'GET /api/v1/projects/:projectId/prompt-templates/:templateId/versions/:number': {
    needs: { project: 'open-asset' },
    path: (things) => `${template(things)}/versions/1`,
    things: ['projectId', 'templateId'],
  },
  'POST /api/v1/projects/:projectId/prompt-templates/:templateId/versions/:number/restore': {
    needs: { project: 'write-asset' },
    path: (things) => `${template(things)}/versions/1/restore`,
    things: ['projectId', 'templateId'],
    body: () => ({}),
    consumes: true,
  },
  'DELETE /api/v1/projects/:projectId/prompt-templates/:templateId/versions/:number': {
    needs: { project: 'write-asset' },
    path: (things) => `${template(things)}/versions/1`,
    things: ['projectId', 'templateId'],
    consumes: true,
  },
  'GET /api/v1/projects/:projectId/prompt-templates/:templateId/lock': {
    needs: { project: 'list-assets' },
    path: (things) => `${template(things)}/lock`,
    things: ['projectId', 'templateId'],
  },
  'PUT /api/v1/projects/:projectId/prompt-templates/:templateId/lock': {
    needs: { project: 'write-asset' },
    path: (things) => `${template(things)}/lock`,
    things: ['projectId', 'templateId'],
    body: () => ({ editorId: randomUUID(), force: true }),
  },
  'DELETE /api/v1/projects/:projectId/prompt-templates/:templateId/lock': {
    needs: { project: 'write-asset' },
    path: (things) => `${template(things)}/lock?editorId=${randomUUID()}`,
    things: ['projectId', 'templateId'],
  },
  'GET /api/v1/projects/:projectId/prompt-sessions': {
    needs: { project: 'list-assets' },
    path: (things) => `${inProject(things)}/prompt-sessions`,
    things: ['projectId'],
  },
  'POST /api/v1/projects/:projectId/prompt-sessions': {
    needs: { project: 'write-asset' },
    path: (things) => `${inProject(things)}/prompt-sessions`,
    things: ['projectId'],
    body: () => ({ name: 'One more' }),
  },
  'GET /api/v1/projects/:projectId/prompt-sessions/:sessionId': {
    needs: { project: 'list-assets' },
    path: session,
    things: ['projectId', 'sessionId'],
  },
  'PATCH /api/v1/projects/:projectId/prompt-sessions/:sessionId': {
    needs: { project: 'write-asset' },
    path: session,
    things: ['projectId', 'sessionId'],
    body: () => ({ description: 'The same' }),
  },
  'DELETE /api/v1/projects/:projectId/prompt-sessions/:sessionId': {
    needs: { project: 'write-asset' },
    path: session,
    things: ['projectId', 'sessionId'],
    consumes: true,
  },
  'GET /api/v1/projects/:projectId/prompt-sessions/:sessionId/entries': {
    needs: { project: 'open-asset' },
    path: (things) => `${session(things)}/entries`,
    things: ['projectId', 'sessionId'],
  },
  'POST /api/v1/projects/:projectId/prompt-sessions/:sessionId/entries': {
    needs: { project: 'write-asset' },
    path: (things) => `${session(things)}/entries`,
    things: ['projectId', 'sessionId'],
    body: () => ({ entry: { content, output: 'Hi', stopReason: 'eos_token', inputTokens: 1, outputTokens: 1 } }),
  },
  'GET /api/v1/projects/:projectId/prompt-sessions/:sessionId/entries/:number': {
    needs: { project: 'open-asset' },
    path: (things) => `${session(things)}/entries/1`,
    things: ['projectId', 'sessionId'],
  },
  'DELETE /api/v1/projects/:projectId/prompt-sessions/:sessionId/entries/:number': {
    needs: { project: 'write-asset' },
    path: (things) => `${session(things)}/entries/1`,
    things: ['projectId', 'sessionId'],
    consumes: true,
  },

  // Receipts of deletions
  'GET /api/v1/receipts/keys': { needs: open },
  'POST /api/v1/receipts/verify': {
    needs: { credential: true },
    body: () => ({ receipt: 'none' }),
    allowedStatuses: [409],
  },

  // Running prompts
  'POST /api/v1/projects/:projectId/generate': {
    needs: { project: 'run-prompt' },
    path: (things) => `${inProject(things)}/generate`,
    things: ['projectId'],
    body: () => ({ modelId: MODEL, prompt: { mode: 'freeform', text: 'Hello' }, parameters: { maxNewTokens: 2 } }),
  },
  'POST /api/v1/projects/:projectId/tokenize': {
    needs: { project: 'run-prompt' },
    path: (things) => `${inProject(things)}/tokenize`,
    things: ['projectId'],
    body: () => ({ modelId: MODEL, prompt: { mode: 'freeform', text: 'Hello' } }),
  },
  'POST /ml/v1/text/generation': generation(`/ml/v1/text/generation${VERSION}`, ({ projectId }) => ({
    model_id: MODEL,
    input: 'Hello',
    project_id: projectId,
    parameters: { max_new_tokens: 2 },
  })),
  'POST /ml/v1/text/generation_stream': generation(`/ml/v1/text/generation_stream${VERSION}`, ({ projectId }) => ({
    model_id: MODEL,
    input: 'Hello',
    project_id: projectId,
    parameters: { max_new_tokens: 2 },
  })),
  'POST /ml/v1/text/chat': generation(`/ml/v1/text/chat${VERSION}`, ({ projectId }) => ({
    model_id: MODEL,
    messages,
    project_id: projectId,
    max_tokens: 2,
  })),
  'POST /ml/v1/text/chat_stream': generation(`/ml/v1/text/chat_stream${VERSION}`, ({ projectId }) => ({
    model_id: MODEL,
    messages,
    project_id: projectId,
    max_tokens: 2,
  })),
  'GET /ml/v1/foundation_model_specs': {
    needs: { account: 'see-models' },
    path: () => `/ml/v1/foundation_model_specs${VERSION}`,
  },
  'GET /v2/projects/:projectId': {
    needs: { project: 'see-project' },
    path: ({ projectId }) => `/v2/projects/${projectId}`,
    things: ['projectId'],
  },
  'POST /wx/v1/prompts': {
    needs: { project: 'write-asset' },
    path: ({ projectId }) => `/wx/v1/prompts?project_id=${projectId}`,
    things: ['projectId'],
    body: () => ({ name: 'One more', prompt: { model_id: MODEL, input: [['A text of IBM’s shape']], data: {} } }),
  },
  'POST /v2/asset_types/wx_prompt/search': {
    needs: { project: 'list-assets' },
    path: ({ projectId }) => `/v2/asset_types/wx_prompt/search?project_id=${projectId}`,
    things: ['projectId'],
    body: () => ({ query: 'asset.asset_type:wx_prompt' }),
  },
  'GET /wx/v1/prompts/:promptId': watsonxPrompt('open-asset'),
  'PATCH /wx/v1/prompts/:promptId': watsonxPrompt('write-asset', { body: () => ({ description: 'The same' }) }),
  'DELETE /wx/v1/prompts/:promptId': watsonxPrompt('write-asset', { consumes: true }),
  'POST /wx/v1/prompts/:promptId/input': watsonxPrompt('open-asset', { body: () => ({}) }, '/input'),
  'POST /wx/v1/prompts/:promptId/chat_items': watsonxPrompt(
    'write-asset',
    // The template is no chat, which only those hear who may open it.
    { body: () => [{ type: 'question', content: 'And then?' }], allowedStatuses: [400] },
    '/chat_items',
  ),
  'GET /wx/v1/prompts/:promptId/lock': watsonxPrompt('list-assets', {}, '/lock'),
  'PUT /wx/v1/prompts/:promptId/lock': {
    ...watsonxPrompt('write-asset', { body: () => ({ locked: false }) }),
    // Whoever has it: the calls of others in this test took it.
    path: ({ projectId, templateId }) => `/wx/v1/prompts/${templateId}/lock?project_id=${projectId}&force=true`,
  },
  'POST /wx/v1/prompt_sessions': {
    needs: { project: 'write-asset' },
    path: ({ projectId }) => `/wx/v1/prompt_sessions?project_id=${projectId}`,
    things: ['projectId'],
    body: () => ({ name: 'One more' }),
  },
  'GET /wx/v1/prompt_sessions/:sessionId': watsonxSession('list-assets'),
  'PATCH /wx/v1/prompt_sessions/:sessionId': watsonxSession('write-asset', '', { name: 'Another' }),
  'DELETE /wx/v1/prompt_sessions/:sessionId': watsonxSession('write-asset'),
  'GET /wx/v1/prompt_sessions/:sessionId/lock': watsonxSession('list-assets', '/lock'),
  'PUT /wx/v1/prompt_sessions/:sessionId/lock': watsonxSession('list-assets', '/lock', { locked: false }),
  'GET /wx/v1/prompt_sessions/:sessionId/entries': watsonxSession('open-asset', '/entries'),
  'POST /wx/v1/prompt_sessions/:sessionId/entries': watsonxSession('write-asset', '/entries', submitted),
  'GET /wx/v1/prompt_sessions/:sessionId/entries/:entryId': watsonxSession('open-asset', '/entries/1'),
  'DELETE /wx/v1/prompt_sessions/:sessionId/entries/:entryId': watsonxSession('write-asset', '/entries/1'),
  'POST /wx/v1/prompt_sessions/:sessionId/entries/:entryId/chat_items': watsonxSession(
    'open-asset',
    '/entries/1/chat_items',
    [{ type: 'question', content: 'And then?' }],
  ),
  'POST /v1/chat/completions': {
    needs: { account: 'run-model' },
    body: () => ({ model: MODEL, messages, max_tokens: 2 }),
  },
  'POST /v1/completions': {
    needs: { account: 'run-model' },
    body: () => ({ model: MODEL, prompt: 'Hello', max_tokens: 2 }),
  },
  'GET /v1/models': { needs: { account: 'see-models' } },
  'GET /v1/models/*': { needs: { account: 'see-models' }, path: () => '/v1/models/none', allowedStatuses: [404] },

  // The machine's own
  'GET /api/v1/deployment': { needs: control },
  'GET /api/v1/accounts': { needs: control },
  'POST /api/v1/accounts': { needs: control },
  'GET /api/v1/audit/chains': { needs: control },
  'POST /api/v1/audit/verify': { needs: control },
  'POST /api/v1/accounts/:accountId/invitations': {
    needs: control,
    path: () => `/api/v1/accounts/${randomUUID()}/invitations`,
  },
  'DELETE /api/v1/accounts/:accountId': { needs: control, path: () => `/api/v1/accounts/${randomUUID()}` },
  'POST /api/v1/signing-keys/rotate': { needs: control },
};
