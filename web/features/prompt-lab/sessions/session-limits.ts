/** The same as `MAX_SESSION_ENTRIES` and `SESSION_DAYS` of the contract; a test compares them, so that zod stays out of the page. */
export const SESSION_LIMITS = { entries: 500, days: 30 } as const;
