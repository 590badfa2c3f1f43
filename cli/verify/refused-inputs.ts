/** What people and programs type into everything but a model, and are refused: into paths, headers, queries and bodies. */
import { randomUUID } from 'node:crypto';
import { TUS_VERSION, UPLOAD_PART } from '../../contract/app/index.ts';
import type { Answer, Exchange } from '../http.ts';
import { uploadMetadataHeader } from '../upload-metadata.ts';
import type { Surface } from './calls.ts';
import { type Canary, textOf } from './canary.ts';
import { type PeerOfPages, pageHeaders } from './page.ts';

export type RefusedInput = {
  readonly surface: Surface;
  readonly name: string;
  readonly make: (canary: Canary) => Exchange;
  /** Without it: a status of the 4xx. */
  readonly expects?: (answer: Answer) => boolean;
};

/** @param key an API key of somebody who manages people and is Admin of the project */
export function refusedInputs(target: {
  readonly peer: PeerOfPages;
  readonly projectId: string;
  readonly key: string;
}): readonly RefusedInput[] {
  const project = `/projects/${target.projectId}`;
  const credential = { authorization: `Bearer ${target.key}` };
  const page = pageHeaders(target.peer);
  const tus = { 'tus-resumable': TUS_VERSION };
  const octets = { 'content-type': 'application/octet-stream' };

  const app = (
    name: string,
    method: string,
    make: (canary: Canary) => { path: string; body?: object | string; headers?: Record<string, string> },
    expects?: RefusedInput['expects'],
  ): RefusedInput => ({
    surface: 'app',
    name: `app, refused: ${name}`,
    make: (canary) => {
      const { path, body, headers = {} } = make(canary);
      return exchangeOf(method, `/api/v1${path}`, body, { ...credential, ...headers });
    },
    ...(expects === undefined ? {} : { expects }),
  });
  /** As a page asks that nobody is signed in at. */
  const open = (name: string, path: string, body: (canary: Canary) => object): RefusedInput => ({
    surface: 'app',
    name: `app, refused: ${name}`,
    make: (canary) => {
      const browser = { 'user-agent': `Browser/${canary.words[1]}` };
      return exchangeOf('POST', `/api/v1${path}`, body(canary), { ...page, ...browser });
    },
  });
  const cp4d = (name: string, body: (canary: Canary) => object): RefusedInput => ({
    surface: 'watsonx',
    name: `icp4d-api/v1/authorize, refused: ${name}`,
    make: (canary) => exchangeOf('POST', '/icp4d-api/v1/authorize', body(canary), {}),
  });
  const inPath = (canary: Canary) => encodeURIComponent(textOf(canary));
  const address = (canary: Canary) => `${canary.words[0]}@${canary.words[1]}.invalid`;
  const isRedirectOrRefusal = ({ status }: Answer) => status >= 300 && status < 500;

  return [
    open('a sign-in, in the address, the password and the browser’s name', '/session', (canary) => ({
      email: address(canary),
      password: textOf(canary),
    })),
    open('a second factor', '/session/second-factor', ({ words }) => ({
      stepToken: words[0],
      method: 'recovery-code',
      code: words[1],
    })),
    open('a passkey', '/session/passkey', ({ words }) => ({ stepToken: words[0], response: { id: words[1] } })),
    open('a link to look at', '/links/look', (canary) => ({ token: textOf(canary) })),
    open('a name and a password with a wrong invitation', '/links/accept-invitation', (canary) => ({
      token: canary.words[0],
      name: canary.words.join(' '),
      password: textOf(canary),
    })),
    open('a password with a wrong link', '/links/reset-password', (canary) => ({
      token: canary.words[0],
      password: textOf(canary),
    })),
    open('a set-up of what is set up', '/setup', (canary) => ({
      token: canary.words[0],
      accountName: canary.words.join(' '),
      name: canary.words[1],
      email: address(canary),
      password: textOf(canary),
    })),
    app('the e-mail address of an invitation', 'POST', (canary) => ({
      path: '/invitations',
      body: { email: textOf(canary) },
    })),
    app('the role of an invitation', 'POST', (canary) => ({
      path: '/invitations',
      body: { email: address(canary), role: textOf(canary) },
    })),
    app('one’s own name', 'PATCH', (canary) => ({ path: '/profile', body: { name: { text: textOf(canary) } } })),
    app('one’s own password', 'POST', (canary) => ({
      path: '/profile/password',
      body: { currentPassword: textOf(canary), newPassword: canary.words.join(' ') },
    })),
    app('a project’s name', 'POST', (canary) => ({
      path: '/projects',
      body: { name: textOf(canary).repeat(2), description: textOf(canary) },
    })),
    app('a service ID’s description', 'POST', (canary) => ({
      path: '/service-ids',
      body: { name: canary.words.join(' '), description: textOf(canary).repeat(20) },
    })),
    app('an API key’s limits', 'POST', (canary) => ({
      path: '/api-keys',
      body: { name: canary.words.join(' '), scope: { projectId: textOf(canary) } },
    })),
    app('another account, over the network', 'POST', (canary) => ({
      path: '/accounts',
      body: { name: canary.words.join(' '), ownerEmail: address(canary) },
    })),
    app('the first owner of an account, over the network', 'POST', (canary) => ({
      path: `/accounts/${inPath(canary)}/invitations`,
      body: { ownerEmail: address(canary) },
    })),
    app('an account in the path', 'DELETE', (canary) => ({ path: `/accounts/${inPath(canary)}` })),
    app('a project in the path', 'GET', (canary) => ({ path: `/projects/${inPath(canary)}` })),
    app('a person in the path', 'PATCH', (canary) => ({ path: `/people/${inPath(canary)}`, body: { role: 'member' } })),
    app('a service ID in the path', 'GET', (canary) => ({ path: `/service-ids/${inPath(canary)}/api-keys` })),
    app('an API key in the path', 'DELETE', (canary) => ({ path: `/api-keys/${inPath(canary)}` })),
    app('a collaborator in the path', 'PUT', (canary) => ({
      path: `${project}/collaborators/${inPath(canary)}`,
      body: { role: 'viewer' },
    })),
    app('a bucket grant in the path', 'PUT', (canary) => ({
      path: `${project}/bucket/grants/${inPath(canary)}`,
      body: { access: 'reader' },
    })),
    app('an object in the path', 'PUT', (canary) => ({
      path: `${project}/bucket/objects/${inPath(canary)}`,
      body: textOf(canary),
      headers: octets,
    })),
    app('an object of a project that is not there', 'PUT', (canary) => ({
      path: `/projects/${randomUUID()}/bucket/objects/${randomUUID()}`,
      body: textOf(canary),
      headers: octets,
    })),
    app('an object of another type', 'PUT', (canary) => ({
      path: `${project}/bucket/objects/${randomUUID()}`,
      body: textOf(canary),
      headers: { 'content-type': 'text/plain' },
    })),
    app('a place in a list', 'GET', (canary) => ({ path: `${project}/prompt-templates?cursor=${inPath(canary)}` })),
    app('a place in the bucket', 'GET', (canary) => ({ path: `${project}/bucket/objects?cursor=${inPath(canary)}` })),
    app('words to look for, in the address', 'GET', (canary) => ({ path: `${project}/assets?q=${inPath(canary)}` })),
    app('words to look for, of a wrong type', 'POST', (canary) => ({
      path: `${project}/assets/search`,
      body: { q: { text: textOf(canary) }, [canary.words[0]]: canary.words[1] },
    })),
    app('an asset in the path', 'GET', (canary) => ({ path: `${project}/assets/${inPath(canary)}/content` })),
    app('the name and the tags of an upload', 'POST', (canary) => ({
      path: `${project}/uploads`,
      headers: {
        ...tus,
        'upload-length': '10',
        'upload-metadata': uploadMetadataHeader({ name: textOf(canary).repeat(2), tags: [textOf(canary)] }),
      },
    })),
    app('an upload that says nothing in base64', 'POST', (canary) => ({
      path: `${project}/uploads`,
      headers: { ...tus, 'upload-length': canary.words[0], 'upload-metadata': `name ${canary.words[1]}` },
    })),
    app('a part of an upload that is not there', 'PATCH', (canary) => ({
      path: `${project}/uploads/${randomUUID()}`,
      headers: { ...tus, 'content-type': UPLOAD_PART, 'upload-offset': '0' },
      body: textOf(canary),
    })),
    app('a part of an upload of another type', 'PATCH', (canary) => ({
      path: `${project}/uploads/${randomUUID()}`,
      headers: { ...tus, 'content-type': 'text/plain', 'upload-offset': '0' },
      body: textOf(canary),
    })),
    app('whom an archive is for', 'GET', (canary) => ({ path: `${project}/export?recipient=${inPath(canary)}` })),
    app('an archive to import', 'POST', (canary) => ({
      path: `${project}/import`,
      body: { assetId: textOf(canary) },
    })),
    app('a filter of the audit log', 'GET', (canary) => ({ path: `/audit-events?actor=${inPath(canary)}` })),
    app(
      'an identity provider',
      'GET',
      (canary) => ({ path: `/identity-providers/${inPath(canary)}/sign-in` }),
      isRedirectOrRefusal,
    ),
    app(
      'an identity provider’s answer',
      'GET',
      (canary) => ({
        path: `/identity-providers/${canary.words[0]}/callback?state=${inPath(canary)}&code=${inPath(canary)}`,
      }),
      isRedirectOrRefusal,
    ),
    app('a credential of Cloud Pak for Data', 'GET', (canary) => ({
      path: '/session',
      headers: { authorization: `ZenApiKey ${Buffer.from(canary.words.join(':')).toString('base64')}` },
    })),
    cp4d('a wrong key', ({ words }) => ({ username: words[0], api_key: words[1] })),
    cp4d('a wrong password', (canary) => ({ username: address(canary), password: textOf(canary) })),
    cp4d('a field without sense', (canary) => ({ username: { text: textOf(canary) }, [canary.words[0]]: 1 })),
  ];
}

function exchangeOf(
  method: string,
  path: string,
  body: object | string | undefined,
  headers: Record<string, string>,
): Exchange {
  if (body === undefined) return { method, path, headers };
  if (typeof body === 'string') return { method, path, headers, body };
  return { method, path, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
