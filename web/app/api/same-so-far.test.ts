import { describe, expect, it } from 'vitest';
import { isSameSoFar } from './same-so-far.ts';

/** SHA-256 of 0123, 4567 and 8, as the server tells them. */
const BLOCKS = [
  { sizeBytes: 4, sha256: '1be2e452b46d7a0d9656bbb1f768e8248eba1b75baed65f5d99eafa948899a6a' },
  { sizeBytes: 4, sha256: 'db2e7f1bd5ab9968ae76199b7cc74795ca7404d5a08d78567715ce532f9d2669' },
  { sizeBytes: 1, sha256: '2c624232cdd221771294dfbb310aca000a0df6ac8b66b696d90ef06fdefb64a3' },
] as const;

describe('a file that an upload goes on with', () => {
  async function compare(text: string, arrivedBytes = 9) {
    const asked: number[] = [];
    const told: number[] = [];
    const blockOf = async (number: number) => {
      asked.push(number);
      return BLOCKS[number] ?? expect.fail(`there is no block ${number}`);
    };
    const isSame = await isSameSoFar(new Blob([text]), arrivedBytes, blockOf, (bytes) => told.push(bytes));
    return { isSame, asked, told };
  }

  it('is the same when it begins with all that has arrived', async () => {
    expect(await compare('0123456789abc')).toEqual({ isSame: true, asked: [0, 1, 2], told: [4, 8, 9] });
    expect(await compare('012345678')).toMatchObject({ isSame: true });
    expect(await compare('anything', 0)).toEqual({ isSame: true, asked: [], told: [] });
  });

  it('is another one from the first block that differs', async () => {
    expect(await compare('x123456789abc')).toEqual({ isSame: false, asked: [0], told: [] });
    expect(await compare('01234567x9abc')).toEqual({ isSame: false, asked: [0, 1, 2], told: [4, 8] });
    expect(await compare('01234567')).toMatchObject({ isSame: false });
  });
});
