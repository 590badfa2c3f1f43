import { type Caller, type Reply, send } from '../../support/callers.ts';
import type { ActorKind, Unknown } from './actors.ts';
import { type Operation, operations, type Things } from './operations.ts';
import type { World } from './world.ts';

/** One call of an operation: with real things, or with an id that never existed in the place of one. */
export type Variant = { readonly unknown: Unknown; readonly thing?: keyof Things };

/** The real call, and one for each thing in it. */
export function variantsOf({ things = [] }: Operation): readonly Variant[] {
  const unknown = things.map((thing) => ({ unknown: thing === 'projectId' ? 'project' : 'thing', thing }) as const);
  return [{ unknown: undefined }, ...unknown];
}

export async function call(
  world: World,
  route: string,
  caller: Caller,
  things: Things,
): Promise<Reply & { readonly path: string }> {
  const operation = operations[route];
  const [method = '', pattern = ''] = route.split(' ');
  const path = operation?.path?.(things) ?? pattern;
  const reply = await send(world.url, caller, method, path, operation?.body?.(things), operation?.headers ?? {});
  return { ...reply, path };
}

export function thingsFor(world: World, things: Things, { thing }: Variant): Things {
  return thing === undefined ? things : { ...things, [thing]: world.unknownThings()[thing] };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const OF_THE_REQUEST = ['date', 'x-request-id', 'keep-alive', 'connection'];

/** An answer without what names the request itself: its trace and the ids that the caller wrote. */
export function shapeOf({ status, headers, text }: Reply): string {
  const kept = [...headers]
    .filter(([name]) => !OF_THE_REQUEST.includes(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [String(status), ...kept, text.replaceAll(UUID, '<id>')].join('\n');
}

export function nameOf(route: string, actor: ActorKind, { unknown, thing }: Variant): string {
  return `${route} by ${actor.name}${unknown === undefined ? '' : ` with a ${thing} that never existed`}`;
}
