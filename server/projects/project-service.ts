import type { Audit, SealedDigests } from '../audit/index.ts';
import {
  type Actor,
  type Authorize,
  type Clock,
  invalidField,
  type Logger,
  loggableError,
  newId,
  notFound,
} from '../core/index.ts';
import type { KeyService } from '../keys/index.ts';
import type { Bucket } from '../storage/index.ts';
import type { ProjectOfActor, ProjectStore } from './project-store.ts';

/** Port: a room later than this one that knows what is sealed in a project. */
export type ProjectContents = {
  /**
   * What its sealed objects were, for the receipt of its deletion. Called in the deletion's transaction, before the rows go: until its end
   * nothing is added. Throws `not-found` where the actor is no Admin (any more).
   */
  digestsOfProject(scope: {
    readonly accountId: string;
    readonly userId: string;
    readonly projectId: string;
  }): Promise<SealedDigests>;
};

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
  /**
   * Deletes the project's rows with its wrapped keys, then the keys in memory, then its bucket. It unwraps nothing, so it also works when the
   * project's KMS is gone. When it resolves, nothing of the project can be opened any more, also where the storage could not be reached: the
   * hourly sweep takes the bucket then.
   * @returns the deletion receipt
   */
  delete(actor: Actor, id: string): Promise<string>;
};

const MAX_NAME = 120;

export function createProjectService(options: {
  readonly store: ProjectStore;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly keys: Pick<KeyService, 'createProjectKey' | 'destroyProjectKeys'>;
  readonly bucket: Pick<Bucket, 'ensure' | 'remove'>;
  readonly contents: ProjectContents;
  readonly clock: Clock;
  readonly logger: Logger;
}): ProjectService {
  const { store, authorize, audit, keys, bucket, contents, clock, logger } = options;

  const warnOf = (message: string, scope: { readonly accountId: string; readonly projectId: string }) => {
    return (error: unknown) => logger.warn(message, { ...scope, error: loggableError(error) });
  };

  async function get(actor: Actor, id: string): Promise<ProjectOfActor> {
    await authorize(actor, { action: 'see-project', projectId: id });
    const project = await store.find(actor, id);
    if (project === undefined) throw notFound('project', id);
    return project;
  }

  async function remove(actor: Actor, id: string): Promise<string> {
    // The wrapped keys go with the rows, in the transaction of the event: from its end on nothing of the project opens.
    const scope = { accountId: actor.accountId, projectId: id };
    const { receipt } = await audit.purge(actor, eventOf('project.delete', id), async () => {
      const digests = await contents.digestsOfProject({ ...scope, userId: actor.userId });
      if (!(await store.delete(actor, id))) throw notFound('project', id);
      return { digests, result: undefined };
    });
    // The project is gone whatever happens now, so whoever deleted it gets the receipt. The hourly sweep takes what stays in the storage.
    await keys.destroyProjectKeys(scope).catch(warnOf('keys of a deleted project could not be forgotten', scope));
    await bucket
      .remove(scope)
      .catch(warnOf('the bucket of a deleted project could not be removed; the next sweep tries again', scope));
    return receipt;
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
      const scope = { accountId, projectId: project.id };
      try {
        await keys.createProjectKey(scope);
        await bucket.ensure(scope);
      } catch (error) {
        // Whoever hears that it failed tries again, and would have two.
        await remove(actor, project.id).catch(warnOf('a project that could not be made was not removed', scope));
        throw error;
      }
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
      return remove(actor, id);
    },
  };
}

function eventOf(action: 'project.create' | 'project.change' | 'project.delete', projectId: string) {
  return { action, target: { type: 'project', id: projectId }, projectId } as const;
}

function cleanName(name: string): string {
  const clean = name.trim();
  if (clean === '') throw invalidField('name', 'must not be empty');
  if (clean.length > MAX_NAME) throw invalidField('name', `must have at most ${MAX_NAME} characters`);
  return clean;
}
