import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../core/index.ts';
import { parseRequest, refuseBySchema, toAppError } from './request-error.ts';

const CANARY = 'canary';
const schema = z.strictObject({ name: z.string().max(3), mode: z.enum(['a', 'b']), list: z.array(z.int()) });

function refusalOf(value: unknown): AppError {
  try {
    parseRequest(schema, value);
  } catch (error) {
    return error as AppError;
  }
  throw new Error('it was not refused');
}

describe('a request that its schema refuses', () => {
  it('names every field by its path, and no value', () => {
    const error = refusalOf({ name: CANARY, mode: CANARY, list: [1, CANARY], surprise: CANARY });
    expect(error.code).toBe('invalid-argument');
    expect(error.details.fields?.map(({ field }) => field)).toEqual(['name', 'mode', 'list.1', 'surprise']);
    expect(JSON.stringify([error.message, error.details])).not.toContain(CANARY);
  });

  it('is refused in the same words where a route has the schema', () => {
    const check = refuseBySchema({ schema, method: 'POST', url: '/' });
    const value = { name: CANARY, mode: 'a', list: [] };
    expect(check(value)).toEqual({ error: refusalOf(value) });
    expect(check({ ...value, name: 'x' })).toEqual({ value: { ...value, name: 'x' } });
  });

  it('is told of its first faults only', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
    expect(refusalOf(many).details.fields).toHaveLength(20);
  });

  it('is refused whole when it is no object, or nothing', () => {
    expect(refusalOf([CANARY]).details.fields?.[0]?.field).toBe('request');
    expect(refusalOf(undefined).details.fields?.map(({ field }) => field)).toEqual(['name', 'mode', 'list']);
  });
});

describe('whatever else a request ends with', () => {
  it('is said in our own words: those of a framework may quote the body', () => {
    const faults: [object, string][] = [
      [{ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 }, 'Content-Type'],
      [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'too large'],
      [{ code: 'SOMETHING_NEW', statusCode: 413 }, 'too large'],
    ];
    for (const [fault, word] of faults) {
      const error = toAppError(Object.assign(new Error(CANARY), fault));
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toContain(word);
      expect(error.message).not.toContain(CANARY);
    }
  });

  it('is internal when nobody expected it: no error at all, or what the server itself wrote against a schema', () => {
    const ownShape = z.object({}).safeParse(CANARY).error;
    for (const thrown of [new Error(CANARY), CANARY, undefined, null, ownShape]) {
      const error = toAppError(thrown);
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain(CANARY);
    }
  });

  it('stays what it is when a room said it', () => {
    const error = new AppError('unavailable', 'later');
    expect(toAppError(error)).toBe(error);
  });
});
