import { z } from 'zod';
import type { Secret } from '../../core/index.ts';

const group = z.string().min(1).max(500);
const host = z.string().regex(/^[^\s/@?#]+$/, 'must be a host with an optional port, as in "keys.example:8443"');

/** One of the entries of the file that `CLOISTER_IDENTITY_PROVIDERS` names. docs/operating.md explains each field. */
const identityProvider = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens'),
  name: z.string().trim().min(1).max(120),
  issuer: z
    .string()
    .max(2000)
    .refine(isIssuer, 'must be an https:// URL without query (http:// on a loopback address only)'),
  clientId: z.string().min(1).max(500),
  clientSecretFile: z.string().min(1).optional(),
  account: z.uuid().optional(),
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]+$/))
    .max(20)
    .default(['openid', 'profile', 'email']),
  groupsClaim: z.string().min(1).max(200).default('groups'),
  roles: z
    .array(
      z.strictObject({
        group,
        role: z.enum(['owner', 'administrator', 'member', 'billing-viewer', 'governance-administrator']),
      }),
    )
    .default([]),
  projectRoles: z
    .array(z.strictObject({ group, projectId: z.uuid(), role: z.enum(['admin', 'editor', 'viewer']) }))
    .default([]),
  createUsers: z.boolean().default(true),
  allowedEmailDomains: z.array(z.hostname().toLowerCase()).min(1).optional(),
  trustEmail: z.boolean().default(false),
  endpointHosts: z.array(host).default([]),
});

/** Identity providers (OpenID Connect) by which people may sign in. */
export const identityProvidersConfig = z
  .array(identityProvider)
  .max(20)
  .superRefine((providers, context) => {
    for (const [index, { id }] of providers.entries()) {
      if (providers.findIndex((other) => other.id === id) === index) continue;
      context.addIssue({ code: 'custom', path: [index, 'id'], message: 'is the id of another provider too' });
    }
  });

/** A provider as it is configured, its secret read from the file. */
export type IdentityProviderSettings = Omit<z.output<typeof identityProvider>, 'clientSecretFile'> & {
  readonly clientSecret?: Secret;
};

/** Where the server must be able to go for them, and why. */
export function identityProviderHosts(
  providers: readonly IdentityProviderSettings[],
): readonly { readonly host: string; readonly why: string }[] {
  return providers.flatMap(({ id, issuer, endpointHosts }) => {
    const { hostname, port, protocol } = new URL(issuer);
    const own = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
    return [own, ...endpointHosts].map((one) => ({ host: one, why: `identity provider "${id}"` }));
  });
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  if (search !== '' || hash !== '' || username !== '' || password !== '') return false;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}
