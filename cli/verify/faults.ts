import type { Exchange } from '../http.ts';
import type { Call } from './calls.ts';
import { type Canary, textOf } from './canary.ts';

export type Post = (call: Call, body: string | Uint8Array, more?: Partial<Exchange>) => Exchange;

/** Everything that can be wrong with a call of a model, each with a canary in it. */
export function faults(call: Call): [string, (canary: Canary, post: Post) => Exchange][] {
  const good = (text: string) => ({ ...(call.body(text, 8) as Record<string, unknown>) });
  const model = call.surface === 'app' ? 'modelId' : call.surface === 'watsonx' ? 'model_id' : 'model';
  const escaped = (canary: Canary) => encodeURIComponent(textOf(canary));
  const query = (path: string) => `${path}${path.includes('?') ? '&' : '?'}`;
  return [
    ['wrong type', (canary, post) => post(call, JSON.stringify({ ...good('x'), [model]: { text: textOf(canary) } }))],
    ['unknown model', (canary, post) => post(call, JSON.stringify({ ...good('x'), [model]: canary.words.join('/') }))],
    [
      'field without sense',
      (canary, post) => post(call, JSON.stringify({ ...good('x'), [model]: 7, [canary.words[0]]: textOf(canary) })),
    ],
    ['malformed JSON', (canary, post) => post(call, `{"${canary.words[0]}": "${canary.words[1]}`)],
    [
      'invalid UTF-8',
      (canary, post) =>
        post(
          call,
          Buffer.concat([
            Buffer.from(`{"input": "${canary.words[0]}`),
            Buffer.from([0xff, 0xfe]),
            Buffer.from(canary.words[1]),
          ]),
        ),
    ],
    ['too long', (canary, post) => post(call, JSON.stringify(good(`${textOf(canary)} ${'x'.repeat(4_100_000)}`)))],
    ['in the query', (canary, post) => post(call, '{}', { path: `${query(call.path)}q=${escaped(canary)}` })],
    [
      'in the path',
      (canary, post) => post(call, '{}', { path: call.path.replace(/\?|$/, (end) => `/${escaped(canary)}${end}`) }),
    ],
    [
      'in headers, as a wrong key',
      (canary, post) =>
        post(call, '{}', {
          headers: {
            authorization: `Bearer ${canary.words[0]}`,
            'x-note': canary.words[1],
            'user-agent': canary.words[1],
          },
        }),
    ],
    ['wrong content type', (canary, post) => post(call, textOf(canary), { headers: { 'content-type': 'text/plain' } })],
  ];
}
