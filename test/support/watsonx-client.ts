import { WatsonXAI } from '@ibm-cloud/watsonx-ai';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { type Caller, invite, must } from './callers.ts';

/** IBM's Node SDK, pointed at a server by its address and an API key. */
export function watsonxClient(url: string, apikey: string): WatsonXAI {
  const authenticator = new IamAuthenticator({ apikey, url });
  return WatsonXAI.newInstance({ version: '2025-02-11', serviceUrl: url, authenticator });
}

/** The same with a new API key of somebody who is signed in. */
export async function watsonxOf(url: string, caller: Caller): Promise<WatsonXAI> {
  const { key } = await must<{ key: string }>(url, caller, 'POST', '/api/v1/api-keys', { name: 'scripts' });
  return watsonxClient(url, key);
}

/** IBM's Node SDK as a new member who is Viewer of a project. */
export async function watsonxOfViewer(url: string, administrator: Caller, projectId: string): Promise<WatsonXAI> {
  const person = { email: 'vera@example.org', role: 'member', password: 'correct horse battery staple' };
  const vera = await invite(url, administrator, person);
  const { user } = await must<{ user: { id: string } }>(url, vera, 'GET', '/api/v1/session');
  const collaborator = `/api/v1/projects/${projectId}/collaborators/${user.id}`;
  await must(url, administrator, 'PUT', collaborator, { role: 'viewer' });
  return watsonxOf(url, vera);
}

/** What the SDK throws: an error with the answer's status and body. */
export type SdkError = Error & { status: number; result: WatsonXAI.ApiErrorResponse };

/** @throws Error when the call succeeds */
export async function failureOf(work: Promise<unknown>): Promise<SdkError> {
  return work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as SdkError,
  );
}
