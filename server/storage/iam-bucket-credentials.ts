import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IAM } from '@aws-sdk/client-iam';
import { AppError, Secret } from '../core/index.ts';
import type { AwsRequestHandler } from '../egress/index.ts';
import type { BucketCredentials } from './bucket-credentials.ts';
import { type AccessKey, asking, clientOptions, MAX_ATTEMPTS } from './s3-client.ts';
import { asS3Error, s3ErrorCode } from './s3-error.ts';

const POLICY = 'its-bucket-alone';

/** IAM is one for all regions, and signed for this one. */
const IAM_REGION = 'us-east-1';

const FIRST_PAUSE_MS = 100;

const OF_BUCKET = ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'];
const OF_OBJECTS = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

/** Of one IAM: `iam` asks again where an answer is missing, `asksOnce` does not. */
type Clients = { readonly iam: IAM; readonly asksOnce: IAM };

/**
 * A user of the storage for each bucket, with a policy that allows that bucket alone: the IAM API of AWS, which Ceph's gateway and
 * Versity's offer too. Its administrator may do no more than `iam:CreateUser`, `iam:DeleteUser`, `iam:PutUserPolicy`,
 * `iam:DeleteUserPolicy`, `iam:CreateAccessKey`, `iam:DeleteAccessKey` and `iam:ListAccessKeys`, for users that are named like our buckets.
 * @param options.accessKey the credentials of the instance
 */
export function createIamBucketCredentials(options: {
  readonly endpoint: string;
  readonly accessKey: AccessKey;
  readonly requestHandler: () => Promise<AwsRequestHandler>;
}): BucketCredentials {
  let opened: Promise<Clients> | undefined;

  async function open(): Promise<Clients> {
    const { IAM } = await import('@aws-sdk/client-iam');
    const settings = await clientOptions(
      { endpoint: options.endpoint, region: IAM_REGION },
      options.accessKey,
      options.requestHandler,
    );
    return { iam: new IAM(settings), asksOnce: new IAM({ ...settings, maxAttempts: 1 }) };
  }

  async function withIam<T>(work: (iam: IAM, asksOnce: IAM) => Promise<T>): Promise<T> {
    opened ??= open();
    const { iam, asksOnce } = await opened;
    return asking(() => work(iam, asksOnce));
  }

  return {
    issue: (bucketName: string) =>
      withIam(async (iam, asksOnce) => {
        await iam.createUser({ UserName: bucketName }).catch(unless('EntityAlreadyExists'));
        await iam.putUserPolicy({
          UserName: bucketName,
          PolicyName: POLICY,
          PolicyDocument: JSON.stringify(policyFor(bucketName)),
        });
        const made = await makeOnlyAccessKey(iam, asksOnce, bucketName);
        if (made?.AccessKeyId === undefined || made.SecretAccessKey === undefined) {
          throw new AppError('unavailable', 'The storage made a user of a bucket, but told no credentials of it.');
        }
        return { id: made.AccessKeyId, secret: new Secret(made.SecretAccessKey) };
      }),
    destroy: (bucketName: string) =>
      withIam(async (iam) => {
        await endAccessKeys(iam, bucketName);
        await iam.deleteUserPolicy({ UserName: bucketName, PolicyName: POLICY }).catch(unless('NoSuchEntity'));
        await iam.deleteUser({ UserName: bucketName }).catch(unless('NoSuchEntity'));
      }),
  };
}

/** A request whose answer is lost leaves a key that nobody knows, so all keys end before each attempt, and after the last one in vain. */
async function makeOnlyAccessKey(iam: IAM, asksOnce: IAM, userName: string) {
  for (let attempt = 1; ; attempt += 1) {
    await endAccessKeys(iam, userName);
    try {
      return (await asksOnce.createAccessKey({ UserName: userName })).AccessKey;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || asS3Error(error).code !== 'unavailable') {
        await endAccessKeys(iam, userName).catch(() => {});
        throw error;
      }
      await sleep(randomInt(FIRST_PAUSE_MS * 2 ** attempt));
    }
  }
}

async function endAccessKeys(iam: IAM, userName: string): Promise<void> {
  const listed = await iam.listAccessKeys({ UserName: userName }).catch(unless('NoSuchEntity'));
  for (const { AccessKeyId } of listed?.AccessKeyMetadata ?? []) {
    await iam.deleteAccessKey({ UserName: userName, AccessKeyId }).catch(unless('NoSuchEntity'));
  }
}

function policyFor(bucketName: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: OF_BUCKET, Resource: `arn:aws:s3:::${bucketName}` },
      { Effect: 'Allow', Action: OF_OBJECTS, Resource: `arn:aws:s3:::${bucketName}/*` },
    ],
  };
}

/** The one error that means that there is nothing to do. AWS names it with and without `Exception` at its end. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (s3ErrorCode(error)?.replace(/Exception$/, '') === code) return undefined;
    throw error;
  };
}
