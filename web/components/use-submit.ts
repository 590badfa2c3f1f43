import { useState } from 'react';
import { type ApiError, toApiError } from '../app/api/client.ts';

/** The state of a form's one button: working, or what went wrong with the last try. */
export function useSubmit() {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError>();

  /** Does the work once; a second call while it is under way does nothing. @returns whether it succeeded. */
  async function submit(work: () => Promise<unknown>): Promise<boolean> {
    if (isBusy) return false;
    setIsBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (thrown) {
      setError(toApiError(thrown));
      return false;
    } finally {
      setIsBusy(false);
    }
  }
  return { isBusy, error, submit };
}
