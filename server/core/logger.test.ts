import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './app-error.ts';
import { loggableError } from './logger.ts';

describe('what is logged of an error', () => {
  const canary = 'heron';
  const told = (error: unknown) => JSON.stringify(loggableError(error));

  it('has the places in the code, cause by cause, and the first code', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET' });
    const { name, code, stack } = loggableError(new AppError('internal', 'outer', { cause }));
    expect(name).toBe('AppError');
    expect(code).toBe('internal');
    expect(stack[0]).toMatch(/^at .*logger\.test\.ts:\d+:\d+\)?$/);
    expect(stack.filter((line) => line.startsWith('caused by'))).toEqual(['caused by TypeError']);
    expect(stack.at(stack.indexOf('caused by TypeError') + 1)).toMatch(/logger\.test\.ts/);
  });

  it('has the errors of an AggregateError', () => {
    const both = new AggregateError([new RangeError(`a ${canary}`), new TypeError(canary)], canary);
    expect(loggableError(both).stack.filter((line) => line.startsWith('caused by'))).toEqual([
      'caused by RangeError',
      'caused by TypeError',
    ]);
    expect(told(both)).not.toContain(canary);
  });

  const lines = [
    `\n    at the clinic of ${canary}, room 4:12:7`,
    `\n    at ${canary} (file:///a/b.ts:12:7)`,
    `\n    at file:///srv/${canary}.ts:12:7`,
    `\n    at /srv/${canary}.ts:12:7\n    at node:${canary}:1:1`,
  ];
  for (const line of lines) {
    it(`has no line of a message that looks like a frame: ${JSON.stringify(line)}`, () => {
      const error = new Error(`no room${line}`);
      expect(told(error)).not.toContain(canary);
      expect(loggableError(error).stack.length).toBeGreaterThan(0);
      expect(told(new Error('outer', { cause: new Error(line) }))).not.toContain(canary);
    });

    it(`has none of it when the message was changed later: ${JSON.stringify(line)}`, () => {
      for (const message of ['', 'another', `${line}${line}`]) {
        const error = new Error(`no room${line}`);
        error.message = message;
        expect(told(error)).not.toContain(canary);
      }
    });
  }

  it('has no name that is no name', () => {
    const error = new Error('x');
    error.name = `the ${canary}\n    at ${canary}:1:1`;
    expect(told(error)).not.toContain(canary);
  });

  it('has nothing of any message', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(...lines, '\n    at ', ':1:2', '(', ')', '\n', ': '));
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (before, after) => {
        const error = new Error([...before, canary, ...after].join(''));
        expect(told(error)).not.toContain(canary);
        expect(loggableError(error).stack.length).toBeGreaterThan(0);
      }),
    );
  });
});
