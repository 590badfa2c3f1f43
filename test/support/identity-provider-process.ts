/** An identity provider as a process of its own: oidc-provider on a loopback port. `identity-provider.ts` starts it and tells it what to do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import Provider from 'oidc-provider';

export type Person = {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
};

/** What is wrong with the ID tokens that it gives out. `resigned` ones carry a good signature over a claim that is not right. */
export type Tampering = 'none' | 'altered' | 'algorithm-none' | 'nonce' | 'issuer' | 'audience' | 'expired';

export type Instruction =
  | { readonly to: 'serve'; readonly clientId: string; readonly clientSecret: string; readonly redirectUris: string[] }
  | { readonly to: 'know'; readonly people: Readonly<Record<string, Person>> }
  | { readonly to: 'tamper'; readonly tampering: Tampering };

const KEY_ID = 'test';
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const privateJwk = { ...(await exportJWK(privateKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' };

let people: Readonly<Record<string, Person>> = {};
let tampering: Tampering = 'none';
let handle = (_request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(503).end();
};

const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ issuer: `http://localhost:${(server.address() as AddressInfo).port}` });
});

process.on('message', (instruction: Instruction) => {
  if (instruction.to === 'know') people = instruction.people;
  if (instruction.to === 'tamper') tampering = instruction.tampering;
  if (instruction.to === 'serve') handle = createProvider(instruction).callback();
  process.send?.({ done: instruction.to });
});
process.on('disconnect', () => process.exit());

function createProvider({ clientId, clientSecret, redirectUris }: Extract<Instruction, { to: 'serve' }>): Provider {
  const { port } = server.address() as AddressInfo;
  const provider = new Provider(`http://localhost:${port}`, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
    jwks: { keys: [privateJwk] },
    cookies: { keys: ['a key for tests'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    findAccount: (_context: unknown, id: string) =>
      people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  });
  provider.use(async (context, next) => {
    await next();
    const body = context.body as { id_token?: string } | undefined;
    if (context.oidc?.route !== 'token' || body?.id_token === undefined || tampering === 'none') return;
    context.body = { ...body, id_token: await tamperedWith(body.id_token) };
  });
  return provider;
}

async function tamperedWith(idToken: string): Promise<string> {
  const [header = '', payload = '', signature = ''] = idToken.split('.');
  const claims = decodeJwt(idToken);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (changes: object) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'RS256', kid: KEY_ID }).sign(privateKey);
  switch (tampering) {
    case 'none':
      return idToken;
    case 'altered':
      // A claim that nothing but the signature protects.
      return `${header}.${encode({ ...claims, name: 'Eve' })}.${signature}`;
    case 'algorithm-none':
      return `${encode({ alg: 'none' })}.${payload}.`;
    case 'nonce':
      return signed({ nonce: 'another' });
    case 'issuer':
      return signed({ iss: 'https://another.example' });
    case 'audience':
      return signed({ aud: 'another' });
    case 'expired':
      return signed({ iat: 1, exp: 2 });
  }
}
