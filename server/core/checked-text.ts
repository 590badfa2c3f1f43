import { z } from 'zod';

/** Text for a schema of settings. @param faultOf what is wrong with it, in words; undefined for good text */
export function checkedText(faultOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
}
