import type { Actor, Confidential, Page, PageRequest } from '../core/index.ts';
import type { AssetPart, AssetPartKind } from './asset-part-store.ts';

/** Most parts that are opened in one call. */
export const MOST_OPENED_PARTS = 50;

/** Which part. `type` is what its asset must be: an asset of another type is `not-found`, and neither opened nor changed. */
export type AssetPartChoice = { readonly type: string; readonly kind: AssetPartKind; readonly number: number };

/**
 * Contents of their own under an asset: versions, and entries of sessions. Every method checks first whether the actor may, as
 * `AssetService` does; every change and opening is recorded, with the numbers of the parts. A part that has expired is not there.
 */
export type AssetPartService = {
  /**
   * Seals content as the newest part. When it resolves, the part survives a crash. With an id that is there already it adds nothing and gives
   * back that part: a call whose answer was lost can be repeated. The locks of assets are not asked.
   * @param part.mostKept of more of its kind, the oldest are destroyed in the same transaction
   * @param part.expiresAt absent: it stays until it is deleted, or its asset is
   */
  add(
    actor: Actor,
    projectId: string,
    assetId: string,
    part: {
      readonly type: string;
      readonly kind: AssetPartKind;
      readonly id?: string;
      readonly name?: string;
      readonly description?: string;
      readonly content: Confidential<Uint8Array>;
      readonly mostKept: number;
      readonly expiresAt?: Date;
    },
  ): Promise<AssetPart>;
  /** The newest first, without their contents; every collaborator sees that. */
  list(
    actor: Actor,
    projectId: string,
    assetId: string,
    request: PageRequest & { readonly type: string; readonly kind: AssetPartKind },
  ): Promise<Page<AssetPart>>;
  /** How many parts of a kind each of these assets has; 0 for those that are not there. */
  count(
    actor: Actor,
    projectId: string,
    assetIds: readonly string[],
    kind: AssetPartKind,
  ): Promise<ReadonlyMap<string, number>>;
  /**
   * Opens up to {@link MOST_OPENED_PARTS}, the newest first, under one event of the audit log. Numbers that are not there are left out.
   * A part without `content` is damaged, or its bytes or its key are gone: one does not keep the others from being read.
   * @throws AppError `invalid-argument` for more numbers or more bytes than are opened at once; `failed-precondition` when nothing opens
   *   since the project's key is disabled or destroyed
   */
  open(
    actor: Actor,
    projectId: string,
    assetId: string,
    choice: { readonly type: string; readonly kind: AssetPartKind; readonly numbers: readonly number[] },
  ): Promise<readonly { readonly part: AssetPart; readonly content?: Confidential<Uint8Array> }[]>;
  /** From then on no copy of the content can be opened. @returns the deletion receipt */
  delete(actor: Actor, projectId: string, assetId: string, choice: AssetPartChoice): Promise<string>;
};
