/**
 * What the page holds that nobody saved lives in memory and is forgotten when a login session ends, when somebody signs out,
 * and when the page is left. Features register what they hold.
 */
type Forget = () => void;
const forgetters = new Set<Forget>();

/** Registers something that must be forgotten together with the login session. */
export function forgetWithSession(forget: Forget): void {
  forgetters.add(forget);
}

/** Forgets everything that was registered. */
export function forgetEverything(): void {
  for (const forget of forgetters) forget();
}

/**
 * A page that is left must not come back from the browser's back/forward cache with its text: it forgets on the way out, and
 * starts anew if the browser kept it all the same.
 */
export function forgetWhenLeft(): void {
  window.addEventListener('pagehide', forgetEverything);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) window.location.reload();
  });
}
