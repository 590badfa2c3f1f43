/** oidc-provider 9 ships no types; this is the part that is used (its README). */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    use(
      middleware: (context: { oidc?: { route?: string }; body: unknown }, next: () => Promise<void>) => Promise<void>,
    ): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
  }
}
