/** One page of a list. `nextCursor` is opaque; absent on the last page. */
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor?: string };

/** Which page. `limit` is 1 to 200. */
export type PageRequest = { readonly limit?: number; readonly cursor?: string };
