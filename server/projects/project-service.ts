import type { Audit, AuditEvent } from '../audit/index.ts';
import { type Actor, type Authorize, type Clock, invalidField, newId, notFound } from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Bucket } from '../storage/index.ts';
import type { ProjectOfActor, ProjectStore } from './project-store.ts';

/** Projects, as the rest of the system asks for them. Every change is recorded. */
export type ProjectService = {
  create(actor: Actor, request: { readonly name: string; readonly description: string }): Promise<ProjectOfActor>;
  /** The actor's projects, by name; with a key for one project only that one. */
  list(actor: Actor): Promise<readonly ProjectOfActor[]>;
  get(actor: Actor, id: string): Promise<ProjectOfActor>;
  change(
    actor: Actor,
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<ProjectOfActor>;
  /** Deletes the project's rows with its wrapped keys, then the keys in memory, then its bucket. When it resolves, nothing of the project can be opened any more. */
  delete(actor: Actor, id: string): Promise<void>;
};

const MAX_NAME = 120;

export function createProjectService(options: {
  readonly store: ProjectStore;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly keys: Pick<KeyService, 'createProjectKey' | 'destroyProjectKeys'>;
  readonly bucket: Pick<Bucket, 'ensure' | 'remove'>;
  readonly clock: Clock;
}): ProjectService {
  const { store, authorize, audit, keys, bucket, clock } = options;

  async function get(actor: Actor, id: string): Promise<ProjectOfActor> {
    await authorize(actor, { action: 'see-project', projectId: id });
    const project = await store.find(actor, id);
    if (project === undefined) throw notFound('project', id);
    return project;
  }

  return {
    get,
    async create(actor, { name, description }) {
      await authorize(actor, { action: 'create-project' });
      const { accountId, userId } = actor;
      const project = {
        id: newId(),
        accountId,
        name: cleanName(name),
        description,
        createdBy: userId,
        createdAt: clock.now(),
      };
      await audit.change(actor, eventOf('project.create', project.id), () => store.add(project));
      // A crash from here on leaves a project that makes its key and its bucket when they are first needed.
      await keys.createProjectKey({ accountId, projectId: project.id });
      await bucket.ensure({ accountId, projectId: project.id });
      return { ...project, role: 'admin' };
    },
    async list(actor) {
      await authorize(actor, { action: 'list-projects' });
      const projects = await store.list(actor);
      const only = actor.scope?.projectId;
      return only === undefined ? projects : projects.filter(({ id }) => id === only);
    },
    async change(actor, id, { name, description }) {
      await authorize(actor, { action: 'change-project', projectId: id });
      const change = {
        ...(name === undefined ? {} : { name: cleanName(name) }),
        ...(description === undefined ? {} : { description }),
      };
      const fields = Object.keys(change);
      if (fields.length > 0) {
        await audit.change(actor, { ...eventOf('project.change', id), details: { fields } }, async () => {
          if (!(await store.update(actor, id, change))) throw notFound('project', id);
        });
      }
      return get(actor, id);
    },
    async delete(actor, id) {
      await authorize(actor, { action: 'delete-project', projectId: id });
      // The wrapped keys go with the rows, in the transaction of the event: from its end on nothing of the project opens.
      await audit.change(actor, eventOf('project.delete', id), async () => {
        if (!(await store.delete(actor, id))) throw notFound('project', id);
      });
      const scope = { accountId: actor.accountId, projectId: id };
      await keys.destroyProjectKeys(scope);
      await bucket.remove(scope);
    },
  };
}

function eventOf(action: 'project.create' | 'project.change' | 'project.delete', projectId: string): AuditEvent {
  return { action, target: { type: 'project', id: projectId }, projectId };
}

function cleanName(name: string): string {
  const clean = name.trim();
  if (clean === '') throw invalidField('name', 'must not be empty');
  if (clean.length > MAX_NAME) throw invalidField('name', `must have at most ${MAX_NAME} characters`);
  return clean;
}
