export type {
  AccountAction,
  AccountRole,
  Actor,
  AuthorizationRequest,
  Authorize,
  BucketAccess,
  CredentialScope,
  ProjectAccess,
  ProjectAction,
  ProjectRole,
} from './actor.ts';
export {
  AppError,
  type AppErrorCode,
  type AppErrorDetails,
  type FieldFault,
  invalidField,
  isAppError,
  notFound,
} from './app-error.ts';
export { checkedText } from './checked-text.ts';
export { type Clock, systemClock } from './clock.ts';
export { Confidential, type RevealReason } from './confidential.ts';
export { hashCredential, isId, newCredential, newId, randomSeed } from './ids.ts';
export { type LogFields, type LoggableError, type Logger, loggableError, silentLogger } from './logger.ts';
export type { Page, PageRequest } from './page.ts';
export { createPinoLogger } from './pino-logger.ts';
export { Secret } from './secret.ts';
export { readUrlQuery } from './url-query.ts';
