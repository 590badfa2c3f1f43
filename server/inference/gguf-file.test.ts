import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastCheck from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectGgufFile } from './gguf-file.ts';
import { tinyGgufFile } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'cloister-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
function fileOf(content: Uint8Array): string {
  written += 1;
  const path = join(folder, `${written}.gguf`);
  writeFileSync(path, content);
  return path;
}

describe('the check of a GGUF file', () => {
  it('reads what the model says of itself', async () => {
    const file = fileOf(tinyGgufFile({ name: 'Tiny', contextLength: 4096, chatTemplate: '{{ messages }}' }));
    expect(await inspectGgufFile(file)).toEqual({
      architecture: 'llama',
      name: 'Tiny',
      parameterCount: null,
      licence: null,
      contextLength: 4096,
      hasChatTemplate: true,
      functions: ['text_generation', 'text_chat'],
    });
  });

  it('gives a model without a chat template no chat', async () => {
    expect((await inspectGgufFile(fileOf(tinyGgufFile()))).functions).toEqual(['text_generation']);
  });

  it('refuses a file that is cut anywhere, in one sentence', async () => {
    const whole = tinyGgufFile({ chatTemplate: '{{ messages }}' });
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.nat(whole.length - 1), async (length) => {
        await expect(inspectGgufFile(fileOf(whole.subarray(0, length)))).rejects.toMatchObject({
          code: 'failed-precondition',
          message: expect.stringMatching(/^The file is no usable model file: it .*(cut off|not a GGUF)/),
        });
      }),
      { numRuns: 60, examples: [[0], [3], [4], [23], [24], [25], [whole.length - 1]] },
    );
  });

  it('refuses bytes that are no model, whatever they are', async () => {
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.uint8Array({ maxLength: 400 }), fastCheck.boolean(), async (bytes, magic) => {
        const content = magic ? Buffer.concat([Buffer.from('GGUF\u0003\0\0\0', 'latin1'), bytes]) : bytes;
        await expect(inspectGgufFile(fileOf(content))).rejects.toMatchObject({ code: 'failed-precondition' });
      }),
      { numRuns: 100 },
    );
  });

  it('is not held up by a number in the file, whatever it is', async () => {
    const whole = tinyGgufFile({ name: 'Tiny', chatTemplate: '{{ messages }}' });
    const headBytes = whole.length - 4096 * 4;
    await fastCheck.assert(
      fastCheck.asyncProperty(
        fastCheck.integer({ min: 4, max: headBytes - 8 }),
        fastCheck.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        async (position, number) => {
          const changed = Buffer.from(whole);
          changed.writeBigUInt64LE(number, position);
          await inspectGgufFile(fileOf(changed)).catch((error: unknown) =>
            expect(error).toMatchObject({ code: 'failed-precondition' }),
          );
        },
      ),
      {
        numRuns: 200,
        examples: [
          [8, 2n ** 32n],
          [16, 3_000_000_000n],
          [16, 2n ** 63n],
          [24, 3_000_000_000n],
        ],
      },
    );
  });

  it('refuses one part of a split model', async () => {
    await expect(inspectGgufFile(fileOf(tinyGgufFile({ splitCount: 3 })))).rejects.toThrow(/split/);
  });

  it('refuses another version, no weights, and no context length', async () => {
    const otherVersion = Buffer.from(tinyGgufFile());
    otherVersion.writeUInt32LE(9, 4);
    await expect(inspectGgufFile(fileOf(otherVersion))).rejects.toThrow(/version/);
    const noWeights = Buffer.from(tinyGgufFile());
    noWeights.writeBigUInt64LE(0n, 8);
    await expect(inspectGgufFile(fileOf(noWeights))).rejects.toThrow(/no weights/);
    await expect(inspectGgufFile(fileOf(tinyGgufFile({ contextLength: 0 })))).rejects.toThrow(/context/);
  });
});
