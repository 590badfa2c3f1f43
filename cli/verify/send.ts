/** Everything that is sent: every surface, answered, refused, given up and broken off. */
import { type Answer, type Exchange, exchange, type Peer } from '../http.ts';
import { type Canary, type Ledger, textOf } from './canary.ts';

export type Target = {
  readonly peer: Peer;
  readonly projectId: string;
  readonly key: string;
  /** undefined: no model is installed. */
  readonly modelId: string | undefined;
};

export type Surface = 'app' | 'watsonx' | 'openai';
/** What came of one request: `expected` says whether it went the way that the step is about. */
export type Sent = {
  readonly surface: Surface;
  readonly step: string;
  readonly way: Way;
  readonly expected: boolean;
  readonly status: number;
};
export type Way = 'answered' | 'refused' | 'given up' | 'broken off';

type Call = {
  readonly surface: Surface;
  readonly name: string;
  readonly path: string;
  readonly body: (text: string, tokens: number) => unknown;
  readonly streams: boolean;
};

/** The engine is killed in the middle of these, one of each surface. */
const KILLED_CALLS = new Set(['freeform', 'generation_stream', 'chat/completions, streaming']);

const AT_ONCE = 4;
const MOST_KILLS = 5;

const NO_ANSWER: Answer = { status: 0, headers: {}, text: '', complete: false };

/** The ways to reach a model, by surface. */
export function callsOf({ projectId, modelId = 'none/none' }: Target): Call[] {
  const app = `/api/v1/projects/${projectId}`;
  const version = 'version=2025-02-11';
  const parameters = (tokens: number) => ({ decodingMethod: 'sample', temperature: 1.5, maxNewTokens: tokens });
  const chat = (content: string) => [{ role: 'user', content }];
  const wx = (input: string, max_new_tokens: number) => ({
    model_id: modelId,
    project_id: projectId,
    input,
    parameters: { decoding_method: 'sample', max_new_tokens },
  });
  const wxChat = (text: string, max_tokens: number) => ({
    model_id: modelId,
    project_id: projectId,
    max_tokens,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  });
  const openai = (stream: boolean) => (text: string, max_tokens: number) => ({
    model: modelId,
    max_tokens,
    stream,
    messages: chat(text),
  });
  const completion = (stream: boolean) => (prompt: string, max_tokens: number) => ({
    model: modelId,
    max_tokens,
    stream,
    prompt,
  });
  return [
    {
      surface: 'app',
      name: 'freeform',
      path: `${app}/generate`,
      streams: true,
      body: (text, tokens) => ({ modelId, prompt: { mode: 'freeform', text }, parameters: parameters(tokens) }),
    },
    {
      surface: 'app',
      name: 'chat',
      path: `${app}/generate`,
      streams: true,
      body: (text, tokens) => ({
        modelId,
        prompt: { mode: 'chat', messages: chat(text) },
        parameters: parameters(tokens),
      }),
    },
    {
      surface: 'app',
      name: 'tokenize',
      path: `${app}/tokenize`,
      streams: false,
      body: (text) => ({ modelId, prompt: { mode: 'freeform', text } }),
    },
    { surface: 'watsonx', name: 'generation', path: `/ml/v1/text/generation?${version}`, streams: false, body: wx },
    {
      surface: 'watsonx',
      name: 'generation_stream',
      path: `/ml/v1/text/generation_stream?${version}`,
      streams: true,
      body: wx,
    },
    { surface: 'watsonx', name: 'chat', path: `/ml/v1/text/chat?${version}`, streams: false, body: wxChat },
    {
      surface: 'watsonx',
      name: 'chat_stream',
      path: `/ml/v1/text/chat_stream?${version}`,
      streams: true,
      body: wxChat,
    },
    { surface: 'openai', name: 'chat/completions', path: '/v1/chat/completions', streams: false, body: openai(false) },
    {
      surface: 'openai',
      name: 'chat/completions, streaming',
      path: '/v1/chat/completions',
      streams: true,
      body: openai(true),
    },
    { surface: 'openai', name: 'completions', path: '/v1/completions', streams: false, body: completion(false) },
    {
      surface: 'openai',
      name: 'completions, streaming',
      path: '/v1/completions',
      streams: true,
      body: completion(true),
    },
  ];
}

/** The bearer that watsonx clients use: an access token for the key. */
export async function accessTokenOf(target: Target): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
    apikey: target.key,
  }).toString();
  const answer = await exchange(target.peer, { method: 'POST', path: '/identity/token', headers: FORM, body }).catch(
    () => NO_ANSWER,
  );
  const token = /"access_token"\s*:\s*"([^"]+)"/.exec(answer.text)?.[1];
  return token ?? target.key;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

export async function createSender(target: Target, ledger: Ledger) {
  const sent: Sent[] = [];
  const token = await accessTokenOf(target);
  const bearer = (surface: Surface) => ({ authorization: `Bearer ${surface === 'watsonx' ? token : target.key}` });
  const calls = callsOf(target);

  async function send(
    surface: Surface,
    step: string,
    way: Way,
    what: Exchange,
    expects: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const answer = await exchange(target.peer, what).catch(() => NO_ANSWER);
    sent.push({ surface, step, way, expected: expects(answer), status: answer.status });
    return answer;
  }
  function post(call: Call, body: string | Uint8Array, more: Partial<Exchange> = {}): Exchange {
    return {
      method: 'POST',
      path: call.path,
      body,
      ...more,
      headers: { ...JSON_TYPE, ...bearer(call.surface), ...more.headers },
    };
  }
  const isRefusal = ({ status }: Answer) => status >= 400 && status < 500;

  return {
    sent: sent as readonly Sent[],
    /** `rounds` answers from each call. */
    async answers(rounds: number): Promise<void> {
      await severalAtOnce(rounds, calls, async (call) => {
        const name = `${call.surface} ${call.name}, answered`;
        const body = JSON.stringify(call.body(textOf(ledger.add(name)), 24));
        const answer = await send(
          call.surface,
          name,
          'answered',
          post(call, body),
          ({ status, complete }) => status === 200 && complete,
        );
        if (answer.status === 200 && call.name !== 'tokenize')
          ledger.addOutput(`output of ${name}`, generatedText(answer.text));
      });
    },
    /** The client goes away in mid-answer. */
    async givenUp(rounds: number): Promise<void> {
      const streams = calls.filter((call) => call.streams);
      await severalAtOnce(rounds, streams, async (call) => {
        const name = `${call.surface} ${call.name}, given up by the client`;
        const body = JSON.stringify(call.body(textOf(ledger.add(name)), 400));
        await send(
          call.surface,
          name,
          'given up',
          post(call, body, { onText: (text) => (generatedText(text).length > 8 ? 'stop' : undefined) }),
          ({ status }) => status === 200,
        );
      });
    },
    async refusals(): Promise<void> {
      for (const call of calls) {
        for (const [fault, make] of faults(call)) {
          const name = `${call.surface} ${call.name}, refused: ${fault}`;
          await send(call.surface, name, 'refused', make(ledger.add(name), post), isRefusal);
        }
      }
      for (let round = 0; round < 4; round += 1) {
        const name = 'identity/token, a wrong key';
        const body = new URLSearchParams({
          grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
          apikey: textOf(ledger.add(name)),
        }).toString();
        await send(
          'watsonx',
          name,
          'refused',
          { method: 'POST', path: '/identity/token', headers: FORM, body },
          isRefusal,
        );
      }
    },
    /** The engine dies while it answers. */
    async brokenOff(kill: () => boolean): Promise<void> {
      for (const call of calls.filter(({ name }) => KILLED_CALLS.has(name))) {
        const name = `${call.surface} ${call.name}, engine killed in mid-answer`;
        // A model may end an answer by itself before it is hit.
        for (let attempt = 1; attempt <= MOST_KILLS; attempt += 1) {
          const body = JSON.stringify(call.body(textOf(ledger.add(name)), 1000));
          let killed = false;
          const onText = (text: string) => {
            if (!killed && generatedText(text).length > 8) killed = kill();
            return undefined;
          };
          const { status, text, complete } = await exchange(target.peer, post(call, body, { onText })).catch(
            () => NO_ANSWER,
          );
          const expected = killed && (status >= 500 || !complete || /error/i.test(text));
          if (!expected && attempt < MOST_KILLS) continue;
          sent.push({ surface: call.surface, step: name, way: 'broken off', expected, status });
          break;
        }
        for (let attempt = 0; attempt < 30; attempt += 1) {
          const again = `${call.surface} ${call.name}, after the engine's end`;
          const retry = JSON.stringify(call.body(textOf(ledger.add(again)), 8));
          const answer = await exchange(target.peer, post(call, retry)).catch(() => NO_ANSWER);
          const well = answer.status === 200 && !/"type":"error"/.test(answer.text);
          if (well || attempt === 29) {
            sent.push({ surface: call.surface, step: again, way: 'answered', expected: well, status: answer.status });
            break;
          }
          await new Promise((resolve) => setTimeout(resolve, 1000));
        }
      }
    },
  };
}

/** As a few people at once would, so that requests also run beside each other; other people still get their turns. */
async function severalAtOnce(
  rounds: number,
  calls: readonly Call[],
  act: (call: Call) => Promise<void>,
): Promise<void> {
  const waiting = Array.from({ length: rounds }, () => calls).flat();
  const sender = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) await act(call);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}

type Post = (call: Call, body: string | Uint8Array, more?: Partial<Exchange>) => Exchange;

function faults(call: Call): [string, (canary: Canary, post: Post) => Exchange][] {
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

/** What the model wrote, out of any of the shapes of an answer. */
export function generatedText(answer: string): string {
  let text = '';
  for (const [, field, value] of answer.matchAll(/"(text|content|generated_text)"\s*:\s*("(?:[^"\\]|\\.)*")/g)) {
    if (field !== undefined && value !== undefined) text += JSON.parse(value) as string;
  }
  return text;
}
