import type { S3 } from '@aws-sdk/client-s3';
import type { Secret } from '../core/index.ts';
import { AWS_CLIENT_SETTINGS, type AwsRequestHandler } from '../egress/index.ts';
import { asS3Error } from './s3-error.ts';

/** Credentials as S3 and IAM take them. */
export type AccessKey = { readonly id: string; readonly secret: Secret };

export type S3Endpoint = { readonly endpoint: string; readonly region: string };

/** Opens clients of one storage, which share its connections. */
export type OpenS3 = (accessKey: AccessKey) => Promise<S3>;

/** Tries a request this often in all, with growing pauses of random length between. */
export const MAX_ATTEMPTS = 4;

/** @param requestHandler the way out; whoever made it closes it. */
export function s3Opener(storage: S3Endpoint, requestHandler: () => Promise<AwsRequestHandler>): OpenS3 {
  return async (accessKey) => {
    const { S3 } = await import('@aws-sdk/client-s3');
    return new S3({
      ...(await clientOptions(storage, accessKey, requestHandler)),
      // Names of hosts for each bucket would need certificates and a list of destinations for each.
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_SUPPORTED',
      responseChecksumValidation: 'WHEN_SUPPORTED',
    });
  };
}

/** What the clients of S3 and IAM have in common. */
export async function clientOptions(
  { endpoint, region }: S3Endpoint,
  accessKey: AccessKey,
  requestHandler: () => Promise<AwsRequestHandler>,
) {
  return {
    ...AWS_CLIENT_SETTINGS,
    endpoint,
    region,
    credentials: { accessKeyId: accessKey.id, secretAccessKey: accessKey.secret.expose() },
    requestHandler: await requestHandler(),
    maxAttempts: MAX_ATTEMPTS,
  };
}

/** Errors of the storage come out in words. */
export async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asS3Error(error);
  }
}
