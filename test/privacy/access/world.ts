import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { acceptInvitation, type Caller, invite, must, nobody, signInAs, withApiKey } from '../../support/callers.ts';
import { ADMINISTRATOR } from '../../support/deployment.ts';
import { type ActorKind, actorKinds, scopeOf } from './actors.ts';
import type { Things } from './operations.ts';

/** What only the first account may ever see. The texts are in names, in metadata and in sealed content. */
export const SECRETS = {
  projectName: 'Cedar-project-of-account-A',
  otherProjectName: 'Birch-project-of-account-A',
  templateName: 'Maple-template-of-account-A',
  content: 'Juniper is the content that account A has saved.',
  person: 'willow-of-account-a@example.org',
  serviceId: 'Alder-service-of-account-A',
  invitation: 'rowan-of-account-a@example.org',
} as const;

const PASSWORD = 'a password for the matrix';

export type World = {
  readonly url: string;
  readonly projectId: string;
  readonly otherProjectId: string;
  caller(actor: ActorKind): Caller;
  /** Signs the actor's person in again, whose sessions were ended. */
  renew(actor: ActorKind): Promise<void>;
  /** The same things for every call that takes none away. */
  readonly things: Things;
  /** Things that a call may take away. */
  freshThings(): Promise<Things>;
  /** The same kinds of things, none of which ever existed. */
  unknownThings(): Things;
};

type Person = {
  readonly userId: string;
  readonly email: string;
  readonly session: Caller;
  /** With an API key. */
  readonly caller: Caller;
};

/**
 * Two accounts on one server, and everybody of the matrix in them.
 * @param operator asks over the control socket
 */
export async function createWorld(
  url: string,
  operator: <T>(method: string, path: string, body: object) => Promise<T>,
): Promise<World> {
  const apiKeyOf = async (caller: Caller, body: object): Promise<string> => {
    const { key } = await must<{ key: string }>(url, caller, 'POST', '/api/v1/api-keys', { name: 'matrix', ...body });
    return key;
  };
  // The world itself asks with keys: the sessions of the matrix are ended in it.
  const sessionOfAda = await signInAs(url, ADMINISTRATOR.email, ADMINISTRATOR.password);
  const ada = withApiKey(await apiKeyOf(sessionOfAda, {}));
  const join = (email: string, role = 'member') => joinAccount(url, ada, email, role);
  const admin = await join('admin@example.org');
  const project = await must<{ id: string }>(url, admin.caller, 'POST', '/api/v1/projects', {
    name: SECRETS.projectName,
  });
  const otherProject = await must<{ id: string }>(url, admin.caller, 'POST', '/api/v1/projects', {
    name: SECRETS.otherProjectName,
  });
  const ids = { projectId: project.id, otherProjectId: otherProject.id };
  const members: { readonly actor: ActorKind; readonly userId: string }[] = [];
  const callers = new Map<string, Caller>();
  const emails = new Map<string, string>();

  for (const actor of actorKinds) {
    if (actor.account !== 'A') continue;
    const slug = actor.name.replace(/[^a-z]+/gi, '-').toLowerCase();
    if (actor.accountRole === 'service') {
      const { id } = await must<{ id: string }>(url, ada, 'POST', '/api/v1/service-ids', { name: SECRETS.serviceId });
      const { key } = await must<{ key: string }>(url, ada, 'POST', `/api/v1/service-ids/${id}/api-keys`, {
        name: 'm',
      });
      members.push({ actor, userId: id });
      callers.set(actor.name, withApiKey(key));
      continue;
    }
    const isAda = actor.accountRole === 'owner';
    const person = actor.isAdmin ? admin : isAda ? undefined : await join(`${slug}@example.org`, actor.accountRole);
    if (person !== undefined && !actor.isAdmin) members.push({ actor, userId: person.userId });
    const session = person?.session ?? sessionOfAda;
    emails.set(actor.name, person?.email ?? ADMINISTRATOR.email);
    callers.set(
      actor.name,
      actor.credential === 'api-key' ? withApiKey(await apiKeyOf(session, { scope: scopeOf(actor, ids) })) : session,
    );
  }

  const created = await operator<{ invitation: { link: string } }>('POST', '/accounts', {
    name: 'Account B',
    ownerEmail: 'bea@example.net',
  });
  const bea = await acceptInvitation(url, created.invitation.link, { name: 'Bea', password: PASSWORD });
  callers.set('another account’s owner', bea);
  for (const { name, account } of actorKinds) if (account === 'B') emails.set(name, 'bea@example.net');
  callers.set('a key of another account’s owner', withApiKey(await apiKeyOf(bea, {})));
  await addInvalidActors();

  async function addInvalidActors(): Promise<void> {
    callers.set('no login', nobody);
    const expired = await apiKeyOf(admin.caller, { expiresAt: new Date(Date.now() + 1500).toISOString() });
    const revoked = await must<{ id: string; key: string }>(url, admin.caller, 'POST', '/api/v1/api-keys', {
      name: 'r',
    });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const grant = `grant_type=${encodeURIComponent('urn:ibm:params:oauth:grant-type:apikey')}&apikey=${revoked.key}`;
    const token = await must<{ access_token: string }>(url, nobody, 'POST', '/identity/token', grant, form);
    await must(url, admin.caller, 'DELETE', `/api/v1/api-keys/${revoked.id}`);
    const ended = await signInAs(url, admin.email, PASSWORD);
    await must(url, ended, 'DELETE', '/api/v1/session');
    const suspended = await join('suspended@example.org');
    const removed = await join('removed@example.org');
    for (const { userId } of [suspended, removed]) await putCollaborator(ids.projectId, userId, 'editor');
    const [keyOfSuspended, keyOfRemoved] = [await apiKeyOf(suspended.session, {}), await apiKeyOf(removed.session, {})];
    await must(url, ada, 'PATCH', `/api/v1/people/${suspended.userId}`, { isSuspended: true });
    await must(url, ada, 'DELETE', `/api/v1/people/${removed.userId}`);
    await wait(1600);
    callers.set('an expired key', withApiKey(expired));
    callers.set('a revoked key', withApiKey(revoked.key));
    callers.set('a token of a revoked key', withApiKey(token.access_token));
    callers.set('an ended session', ended);
    callers.set('a suspended person', withApiKey(keyOfSuspended));
    callers.set('a removed person', withApiKey(keyOfRemoved));
  }

  function putCollaborator(projectId: string, userId: string, role: string): Promise<unknown> {
    return must(url, admin.caller, 'PUT', `/api/v1/projects/${projectId}/collaborators/${userId}`, { role });
  }

  async function grantEverybody(projectId: string): Promise<void> {
    for (const { actor, userId } of members) {
      const { role, bucket } = actor.access ?? {};
      if (role !== undefined) await putCollaborator(projectId, userId, role);
      if (bucket !== undefined) {
        const path = `/api/v1/projects/${projectId}/bucket/grants/${userId}`;
        await must(url, admin.caller, 'PUT', path, { access: bucket });
      }
    }
  }

  /** Things in an existing project. */
  async function thingsIn(projectId: string): Promise<Things> {
    const inProject = `/api/v1/projects/${projectId}`;
    const template = await must<{ id: string }>(url, admin.caller, 'POST', `${inProject}/prompt-templates`, {
      name: SECRETS.templateName,
      content: { ...(templateContent as object), text: SECRETS.content },
    });
    // Saved again, so that there is a version.
    await must(url, admin.caller, 'PATCH', `${inProject}/prompt-templates/${template.id}`, {
      settings: { keepsVersions: true },
    });
    await must(url, admin.caller, 'PATCH', `${inProject}/prompt-templates/${template.id}`, {
      content: { ...(templateContent as object), text: `${SECRETS.content} Twice.` },
    });
    const session = await must<{ id: string }>(url, admin.caller, 'POST', `${inProject}/prompt-sessions`, {
      name: SECRETS.templateName,
    });
    await must(url, admin.caller, 'POST', `${inProject}/prompt-sessions/${session.id}/entries`, {
      entry: {
        content: { ...(templateContent as object), text: SECRETS.content },
        output: SECRETS.content,
        stopReason: 'eos_token',
        inputTokens: 1,
        outputTokens: 1,
      },
    });
    const objects = await must<{ items: { objectId: string }[] }>(
      url,
      admin.caller,
      'GET',
      `${inProject}/bucket/objects`,
    );
    const unique = randomUUID();
    const person = await join(`${unique}-${SECRETS.person}`);
    await putCollaborator(projectId, person.userId, 'viewer');
    await must(url, admin.caller, 'PUT', `${inProject}/bucket/grants/${person.userId}`, { access: 'reader' });
    await must(url, ada, 'POST', '/api/v1/invitations', { email: `${unique}-${SECRETS.invitation}`, role: 'member' });
    const invitations = await must<{ items: { id: string; email: string }[] }>(url, ada, 'GET', '/api/v1/invitations');
    const service = await must<{ id: string }>(url, ada, 'POST', '/api/v1/service-ids', { name: SECRETS.serviceId });
    const serviceKey = await must<{ id: string }>(url, ada, 'POST', `/api/v1/service-ids/${service.id}/api-keys`, {
      name: 'm',
    });
    const apiKey = await must<{ id: string }>(url, admin.caller, 'POST', '/api/v1/api-keys', { name: 'm' });
    await signInAs(url, admin.email, PASSWORD);
    const sessions = await must<{ items: { id: string; isCurrent: boolean }[] }>(
      url,
      admin.caller,
      'GET',
      '/api/v1/profile/sessions',
    );
    return {
      projectId,
      templateId: template.id,
      sessionId: session.id,
      objectId: objects.items[0]?.objectId ?? '',
      personId: person.userId,
      invitationId: invitations.items.find(({ email }) => email.startsWith(unique))?.id ?? '',
      serviceId: service.id,
      serviceKeyId: serviceKey.id,
      apiKeyId: apiKey.id,
      loginSessionId: sessions.items.find(({ isCurrent }) => !isCurrent)?.id ?? '',
    };
  }

  await grantEverybody(ids.projectId);
  return {
    url,
    ...ids,
    things: await thingsIn(ids.projectId),
    caller(actor) {
      const caller = callers.get(actor.name);
      if (caller === undefined) throw new Error(`nobody in the world is ${actor.name}`);
      return caller;
    },
    async renew({ name }) {
      const email = emails.get(name);
      if (email === undefined) return;
      const password = email === ADMINISTRATOR.email ? ADMINISTRATOR.password : PASSWORD;
      for (const { name: other, credential } of actorKinds) {
        if (credential === 'login-session' && emails.get(other) === email)
          callers.set(other, await signInAs(url, email, password));
      }
    },
    async freshThings() {
      const fresh = await must<{ id: string }>(url, admin.caller, 'POST', '/api/v1/projects', {
        name: SECRETS.projectName,
      });
      await grantEverybody(fresh.id);
      return thingsIn(fresh.id);
    },
    unknownThings: () => ({
      projectId: randomUUID(),
      templateId: randomUUID(),
      sessionId: randomUUID(),
      objectId: randomUUID(),
      personId: randomUUID(),
      invitationId: randomUUID(),
      serviceId: randomUUID(),
      serviceKeyId: randomUUID(),
      apiKeyId: randomUUID(),
      loginSessionId: randomUUID(),
    }),
  };
}

const templateContent: unknown = {
  mode: 'freeform',
  modelId: 'memory/chat',
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
};

async function joinAccount(url: string, owner: Caller, email: string, role: string): Promise<Person> {
  const session = await invite(url, owner, { email, role, password: PASSWORD });
  const { user } = await must<{ user: { id: string } }>(url, session, 'GET', '/api/v1/session');
  const { key } = await must<{ key: string }>(url, session, 'POST', '/api/v1/api-keys', { name: 'world' });
  return { userId: user.id, email, session, caller: withApiKey(key) };
}
