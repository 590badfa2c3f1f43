/** Whether a model may still be used, and since when: watsonx's lifecycle, by days. */

/** Days as YYYY-MM-DD, in UTC; `null` where there is none. */
export type LifecycleDays = {
  /** Since when Cloister offers it. */
  readonly availableOn: string | null;
  /** From then on it still answers, and says that it will go. */
  readonly deprecatedOn: string | null;
  /** From then on it answers nobody. */
  readonly withdrawnOn: string | null;
};

export type ModelLifecycle = LifecycleDays & { readonly state: 'available' | 'deprecated' | 'withdrawn' };

/** Of a model that somebody brought: nobody but they can say when it goes. */
export const unlimitedLifecycle: LifecycleDays = { availableOn: null, deprecatedOn: null, withdrawnOn: null };

/** Each day begins at midnight UTC, so that every server says the same. */
export function lifecycleAt(days: LifecycleDays, now: Date): ModelLifecycle {
  const today = now.toISOString().slice(0, 10);
  const hasCome = (day: string | null): boolean => day !== null && day <= today;
  const state = hasCome(days.withdrawnOn) ? 'withdrawn' : hasCome(days.deprecatedOn) ? 'deprecated' : 'available';
  return { ...days, state };
}
