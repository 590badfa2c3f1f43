/** How the content of an asset is edited; kept with it on the server, as the browser keeps nothing. */
export type AssetSettings = {
  /** The page replaces the saved content as it is edited. */
  readonly autosaves: boolean;
  /** A content that is replaced stays as a version. */
  readonly keepsVersions: boolean;
};

/** Most versions of an asset; of more, the oldest are destroyed. */
export const MOST_VERSIONS = 100;
/** While an asset is autosaved by one person, its versions are this far apart: each would hold a few letters more than the one before it. */
export const SECONDS_BETWEEN_AUTOSAVED_VERSIONS = 300;

/** What a save asks for besides, see `AssetService.change`. */
export type SaveConditions = {
  /** Change only what has this revision. Refused otherwise: `failed-precondition`, reason `content-changed`. */
  readonly ifRevision?: number;
  /**
   * Chosen by the caller for one save, and sent again with each retry of it: a save whose answer was lost is known again, changes nothing a
   * second time and is answered with the asset as it is, whatever the other conditions say. Only the last save is known.
   */
  readonly saveId?: string;
  /**
   * The editor that saves. New content is refused while another editor has the lock: `failed-precondition`, reason `asset-locked`, or
   * `lock-taken-over` where the lock was taken from this one.
   */
  readonly editorId?: string;
  /**
   * Whether the content that is replaced stays as a version, of kind `version`: as the asset's settings say (the default), or in any case.
   * The content changes hands in the database; nothing is sealed anew.
   */
  readonly keepVersion?: 'as-set' | 'always';
};
