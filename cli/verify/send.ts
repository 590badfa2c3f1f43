/** Everything that is sent: every surface, answered, refused, given up and broken off. */
import { type Answer, type Exchange, exchange } from '../http.ts';
import { type Call, callsOf, type Surface, type Target } from './calls.ts';
import { type Ledger, textOf } from './canary.ts';
import { faults } from './faults.ts';
import type { RefusedInput } from './refused-inputs.ts';

/** What came of one request: `expected` says whether it went the way that the step is about. */
export type Sent = {
  readonly surface: Surface;
  readonly step: string;
  readonly way: Way;
  readonly expected: boolean;
  readonly status: number;
};
export type Way = 'answered' | 'refused' | 'given up' | 'broken off';

/** The engine is killed in the middle of these, one of each surface. */
const KILLED_CALLS = new Set(['freeform', 'generation_stream', 'chat/completions, streaming']);

const AT_ONCE = 4;
const MOST_KILLS = 5;

const NO_ANSWER: Answer = { status: 0, headers: {}, text: '', complete: false };

/** The bearer that watsonx clients use: an access token for the key. */
export async function accessTokenOf(target: Pick<Target, 'peer' | 'key'>): Promise<string> {
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
    /** What is wrong in other ways than a model's call can be. */
    async refuse(inputs: readonly RefusedInput[]): Promise<void> {
      for (const { surface, name, make, expects = isRefusal } of inputs)
        await send(surface, name, 'refused', make(ledger.add(name)), expects);
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

/** What the model wrote, out of any of the shapes of an answer. */
export function generatedText(answer: string): string {
  let text = '';
  for (const [, field, value] of answer.matchAll(/"(text|content|generated_text)"\s*:\s*("(?:[^"\\]|\\.)*")/g)) {
    if (field !== undefined && value !== undefined) text += JSON.parse(value) as string;
  }
  return text;
}
