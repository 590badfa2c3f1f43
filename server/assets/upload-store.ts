import type { ByteRange, SealedObjectHeader, Segment } from '../storage/index.ts';
import type { PersonScope, ProjectScope } from './asset-store.ts';

/** An upload that is under way. Only whoever began it sees it and goes on with it. */
export type Upload = {
  /** The asset gets the same id when the upload is finished. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly mediaType: string;
  /** How many bytes it will have, and how many are sealed and durable. */
  readonly lengthBytes: number;
  readonly offsetBytes: number;
  readonly createdAt: Date;
  /** What has not gone on by then is swept. */
  readonly expiresAt: Date;
};

export type NewUpload = Omit<Upload, 'offsetBytes'> & { readonly type: string; readonly header: SealedObjectHeader };

/** With what is needed to go on. */
export type RunningUpload = Upload & {
  readonly type: string;
  readonly header: SealedObjectHeader;
  /** The number of the next segment. */
  readonly nextNumber: number;
};

/** Which upload, and who goes on with it. */
export type UploadPlace = PersonScope & { readonly uploadId: string };

/**
 * Port: the rows of uploads and of their segments. Every method is one transaction, or part of the one around it. A person's scope reaches
 * their own uploads, in projects that they may write in.
 */
export type UploadStore = {
  /**
   * @param most so many the person may have in the project, however many are inserted at once
   * @returns false when they have them already: nothing is kept then
   * @throws AppError `not-found` when the project is not there (any more), or the person may not write in it.
   */
  insert(scope: PersonScope, upload: NewUpload, most: number): Promise<boolean>;
  /** The newest first. */
  list(scope: PersonScope, limit: number): Promise<readonly Upload[]>;
  find(place: UploadPlace): Promise<RunningUpload | undefined>;
  /** Its segments that have bytes of the range, in order; none when it is not there. */
  segments(place: UploadPlace, range: ByteRange): Promise<readonly Segment[]>;
  /**
   * Keeps a segment, which goes on where the upload is.
   * @returns false when the upload is not there, or has gone on meanwhile: the segment belongs to nothing then
   */
  advance(place: UploadPlace, segment: Segment, expiresAt: Date): Promise<boolean>;
  /**
   * Takes the upload away, for what it becomes in the same transaction.
   * @param offsetBytes where it must be
   * @returns its segments in order; undefined when it is not there, or somewhere else
   */
  take(place: UploadPlace, offsetBytes: number): Promise<readonly Segment[] | undefined>;
  /** @returns its segments in order; undefined when there is no such upload */
  delete(place: UploadPlace): Promise<readonly Segment[] | undefined>;
  /** The ids of the project's uploads that expired before `now`, all people's. For the server's own work. */
  listExpired(scope: ProjectScope, now: Date): Promise<readonly string[]>;
  /** Takes one of them away. @returns its segments in order; undefined when it is not there, or has gone on meanwhile */
  deleteExpired(scope: ProjectScope, uploadId: string, now: Date): Promise<readonly Segment[] | undefined>;
};
