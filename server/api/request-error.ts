import type { FastifyError, FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { AppError, type FieldFault, isAppError } from '../core/index.ts';

/** Nobody reads more, and a body may have a million fields that there are not. */
const MOST_FAULTS = 20;

/** How Zod begins what it says of unknown fields, where the schema has no words of its own; the names follow, of any length. */
const UNKNOWN_OF_ZOD = 'Unrecognized key';

/**
 * Turns whatever a request ended with into an AppError. What a framework or a parser says of a body may quote it, so their words never
 * pass: only codes do, with words of ours.
 */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code];
  if (known !== undefined) {
    const { message, header } = known;
    const details = header === undefined ? {} : { details: { fields: [{ field: header, message }] } };
    return new AppError('invalid-argument', header === undefined ? message : `${header}: ${message}`, {
      ...details,
      cause: error,
    });
  }
  if (statusCode === 413) return new AppError('invalid-argument', 'The request is too large.', { cause: error });
  return internal(error);
}

/**
 * Checks a body or query against a schema.
 * @throws AppError `invalid-argument` that names every refused field, never a value.
 */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw refusedFields(result.error.issues);
}

/** Checks what a route's schema is about, and refuses it as {@link parseRequest} does. */
export const refuseBySchema: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (value) => {
    const result = schema.safeParse(value);
    return result.success ? { value: result.data } : { error: refusedFields(result.error.issues) };
  };

function internal(cause: unknown): AppError {
  return new AppError(
    'internal',
    'Something went wrong on the server. The operator finds it in the log by the trace id.',
    { cause },
  );
}

function refusedFields(issues: readonly z.core.$ZodIssue[]): AppError {
  const fields = issues.flatMap(faultsOf).slice(0, MOST_FAULTS);
  const message = fields.map(({ field, message: fault }) => `${field}: ${fault}`).join('; ');
  return new AppError('invalid-argument', message || 'The request is not valid.', { details: { fields } });
}

/** An unknown field is named by its own path, not by that of the object around it. */
function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  const path = issue.path.map(String);
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    if (meant !== undefined)
      return meant.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  if (issue.code === 'unrecognized_keys') {
    const message = issue.message.startsWith(UNKNOWN_OF_ZOD) ? 'is not a known field' : issue.message;
    return issue.keys.map((key) => ({ field: nameOf([...path, key]), message }));
  }
  return [{ field: nameOf(path), message: issue.message.replace(/^Invalid input: /, '') }];
}

/** What the caller meant of several shapes: the one whose type the value has, with the fewest faults. */
function meantBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const ofTheType = branches.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  return ofTheType.toSorted((one, other) => one.length - other.length)[0];
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'request' : path.join('.').slice(0, 200);
}

/** What the framework refuses by itself; `header` names the part of the request that it is about. */
const FRAMEWORK_ERRORS: Readonly<Record<string, { readonly message: string; readonly header?: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { message: 'The request is too large for this path.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { header: 'Content-Type', message: 'is not one that this path takes' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { message: 'The request has no body; it must be JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { header: 'Content-Length', message: 'is not the length of the body' },
};
