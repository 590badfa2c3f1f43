import { createHash } from 'node:crypto';

/**
 * A part of a sealed object: a message of its own, and an object of the bucket of its own. It opens only as this segment of this object.
 */
export type Segment = {
  /** 0, 1, 2 and so on, in the order of the content. */
  readonly number: number;
  /** Its id in the bucket. */
  readonly segmentId: string;
  /** Where its first byte is in the object, and how many it has, before sealing. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Size and SHA-256 of the sealed bytes in the bucket. */
  readonly sealedSizeBytes: number;
  readonly sealedSha256: Uint8Array;
};

/** What an object is sealed for, and its key, wrapped. */
export type SealedObjectHeader = {
  readonly objectId: string;
  readonly purpose: string;
  readonly projectKeyId: string;
  readonly wrappedKey: Uint8Array;
};

/** Everything that must be kept to find and open a sealed object. Without it no copy of the bytes opens. */
export type SealedObject = SealedObjectHeader & {
  /** Before sealing. Absent for an object from before there were segments. */
  readonly sizeBytes?: number;
  /** Size of the sealed bytes in the bucket. */
  readonly sealedSizeBytes: number;
  /** SHA-256 over the SHA-256 digests of the segments in their order; without segments, of the sealed bytes. */
  readonly sealedSha256: Uint8Array;
  /** In order. Empty for an object from before there were segments: it is one message, and `objectId` is its id in the bucket. */
  readonly segments: readonly Segment[];
};

/** Joins an object that was sealed segment by segment. @param segments all of them, in order, at least one */
export function objectOfSegments(header: SealedObjectHeader, segments: readonly Segment[]): SealedObject {
  const { objectId, purpose, projectKeyId, wrappedKey } = header;
  return {
    objectId,
    purpose,
    projectKeyId,
    wrappedKey,
    sizeBytes: sum(segments.map(({ sizeBytes }) => sizeBytes)),
    sealedSizeBytes: sum(segments.map(({ sealedSizeBytes }) => sealedSizeBytes)),
    sealedSha256: digestOfSegments(segments),
    segments,
  };
}

/** The ids under which the bucket has the object's bytes. */
export function storedIdsOf({ objectId, segments }: Pick<SealedObject, 'objectId' | 'segments'>): readonly string[] {
  return segments.length === 0 ? [objectId] : segments.map(({ segmentId }) => segmentId);
}

/** Whether the list is what was sealed: none missing, added, changed or in another place. */
export function isWhole({ segments, sizeBytes, sealedSha256 }: SealedObject): boolean {
  const first = segments[0];
  return (
    first?.number === 0 &&
    first.offsetBytes === 0 &&
    isInARow(segments) &&
    endOf(segments) === sizeBytes &&
    Buffer.from(digestOfSegments(segments)).equals(sealedSha256)
  );
}

/** Whether each goes on where the one before it ends. */
export function isInARow(segments: readonly Segment[]): boolean {
  return segments.every(({ number, offsetBytes }, index) => {
    const before = segments[index - 1];
    return before === undefined || (number === before.number + 1 && offsetBytes === endOf([before]));
  });
}

/** Where the last of them ends. */
export function endOf(segments: readonly Segment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.offsetBytes + last.sizeBytes;
}

/** What an object of these segments is kept with, and its receipt has: SHA-256 over their digests in their order. */
export function digestOfSegments(segments: readonly Segment[]): Uint8Array {
  const hash = createHash('sha256');
  for (const { sealedSha256 } of segments) hash.update(sealedSha256);
  return hash.digest();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
