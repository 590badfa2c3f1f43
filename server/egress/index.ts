/** The only way out of the server: one client that refuses every destination that is not listed. */
export { type AllowedDestination, hostAndPort } from './allowed-destinations.ts';
export { readAuthorities } from './authorities-file.ts';
export {
  AWS_CLIENT_SETTINGS,
  type AwsRequestHandler,
  type AwsRequestHandlerOptions,
  createAwsRequestHandler,
} from './aws-request-handler.ts';
export type { EgressConnection } from './connection.ts';
export { createEgress, type Egress, type EgressOptions, type EgressRequest, type EgressResponse } from './egress.ts';
