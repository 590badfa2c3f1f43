import type { Audit } from '../../audit/index.ts';
import { type Actor, type Authorize, type Clock, isId, newId, notFound, type Secret } from '../../core/index.ts';
import type { ApiKey, ApiKeys, NewApiKey } from '../credentials/api-keys.ts';
import type { Member, MemberChange, MemberStore } from './member-store.ts';

/** What administrators see of a service ID. */
export type ServiceId = Pick<Member, 'id' | 'name' | 'description' | 'createdAt'> & { readonly isSuspended: boolean };

export type ServiceIdChange = {
  readonly name?: string;
  readonly description?: string;
  /** Suspended: no key of it works, and what it has a part in stays as it is. */
  readonly isSuspended?: boolean;
};

/** Service IDs: what works by itself, with API keys as its only credential. It becomes a collaborator of projects as people do. */
export type ServiceIdsService = {
  /** By name. */
  list(actor: Actor): Promise<readonly ServiceId[]>;
  create(actor: Actor, request: { readonly name: string; readonly description: string }): Promise<ServiceId>;
  change(actor: Actor, id: string, change: ServiceIdChange): Promise<ServiceId>;
  /**
   * With its keys, roles and grants.
   * @throws AppError `failed-precondition`, reason `last-project-admin`, rather than leave a project without an Admin.
   */
  remove(actor: Actor, id: string): Promise<void>;
  createApiKey(actor: Actor, id: string, request: NewApiKey): Promise<{ apiKey: ApiKey; key: Secret }>;
  listApiKeys(actor: Actor, id: string): Promise<readonly ApiKey[]>;
  rotateApiKey(actor: Actor, id: string, apiKeyId: string): Promise<{ apiKey: ApiKey; key: Secret }>;
  deleteApiKey(actor: Actor, id: string, apiKeyId: string): Promise<void>;
};

export function createServiceIdsService(parts: {
  readonly members: MemberStore;
  readonly apiKeys: ApiKeys;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
}): ServiceIdsService {
  const { members, apiKeys, authorize, audit, clock } = parts;

  /** @throws AppError `not-found`, also for a person's id and for another account's service ID. */
  async function find({ accountId }: Actor, id: string): Promise<Member> {
    const member = isId(id) ? await members.findMember({ accountId, userId: id }) : undefined;
    if (member?.kind !== 'service') throw notFound('service ID', id);
    return member;
  }

  /** Authorises, and finds the service ID whose keys are asked for. */
  async function ownerOfKeys(actor: Actor, id: string): Promise<string> {
    await authorize(actor, { action: 'manage-people' });
    return (await find(actor, id)).id;
  }

  return {
    async list(actor) {
      await authorize(actor, { action: 'manage-people' });
      return (await members.listMembers(scopeOf(actor), 'service')).map(toServiceId);
    },
    async create(actor, { name, description }) {
      await authorize(actor, { action: 'manage-people' });
      const member: Member = {
        id: newId(),
        accountId: actor.accountId,
        kind: 'service',
        email: null,
        name,
        description,
        role: 'service',
        passwordHash: null,
        passwordChangedAt: null,
        suspendedAt: null,
        createdAt: clock.now(),
      };
      const event = { action: 'service-id.create', target: { type: 'service-id', id: member.id } } as const;
      await audit.change(actor, event, () => members.addMember(scopeOf(actor), member));
      return toServiceId(member);
    },
    async change(actor, id, { isSuspended, ...rest }) {
      await authorize(actor, { action: 'manage-people' });
      await find(actor, id);
      const change: MemberChange = {
        ...rest,
        ...(isSuspended === undefined ? {} : { suspendedAt: isSuspended ? clock.now() : null }),
      };
      const suspension = isSuspended === undefined ? {} : { isSuspended };
      const event = {
        action: 'service-id.change',
        target: { type: 'service-id', id },
        details: { ...suspension, fields: Object.keys({ ...rest, ...suspension }) },
      } as const;
      return audit.change(actor, event, async () => {
        const changed = await members.changeMember(scopeOf(actor), id, change);
        if (changed === undefined) throw notFound('service ID', id);
        return toServiceId(changed.after);
      });
    },
    async remove(actor, id) {
      await authorize(actor, { action: 'manage-people' });
      await find(actor, id);
      const event = { action: 'service-id.remove', target: { type: 'service-id', id } } as const;
      await audit.change(actor, event, async () => {
        if (!(await members.removeMember(scopeOf(actor), id))) throw notFound('service ID', id);
      });
    },
    async createApiKey(actor, id, request) {
      return apiKeys.create(actor, await ownerOfKeys(actor, id), request);
    },
    async listApiKeys(actor, id) {
      return apiKeys.list(actor, await ownerOfKeys(actor, id));
    },
    async rotateApiKey(actor, id, apiKeyId) {
      return apiKeys.rotate(actor, await ownerOfKeys(actor, id), apiKeyId);
    },
    async deleteApiKey(actor, id, apiKeyId) {
      return apiKeys.delete(actor, await ownerOfKeys(actor, id), apiKeyId);
    },
  };
}

function scopeOf({ accountId, userId }: Actor) {
  return { accountId, userId };
}

function toServiceId({ id, name, description, createdAt, suspendedAt }: Member): ServiceId {
  return { id, name, description, createdAt, isSuspended: suspendedAt !== null };
}
