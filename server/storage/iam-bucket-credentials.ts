import type { IAM } from '@aws-sdk/client-iam';
import { AppError, Secret } from '../core/index.ts';
import type { AwsRequestHandler } from '../egress/index.ts';
import type { BucketCredentials } from './bucket-credentials.ts';
import { type AccessKey, asking, clientOptions } from './s3-client.ts';
import { s3ErrorCode } from './s3-error.ts';

const POLICY = 'its-bucket-alone';

/** IAM is one for all regions, and signed for this one. */
const IAM_REGION = 'us-east-1';

const OF_BUCKET = ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'];
const OF_OBJECTS = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

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
  let opened: Promise<IAM> | undefined;

  async function open(): Promise<IAM> {
    const { IAM } = await import('@aws-sdk/client-iam');
    return new IAM(
      await clientOptions(
        { endpoint: options.endpoint, region: IAM_REGION },
        options.accessKey,
        options.requestHandler,
      ),
    );
  }

  async function withIam<T>(work: (iam: IAM) => Promise<T>): Promise<T> {
    opened ??= open();
    const iam = await opened;
    return asking(() => work(iam));
  }

  return {
    issue: (bucketName: string) =>
      withIam(async (iam) => {
        await iam.createUser({ UserName: bucketName }).catch(unless('EntityAlreadyExists'));
        await iam.putUserPolicy({
          UserName: bucketName,
          PolicyName: POLICY,
          PolicyDocument: JSON.stringify(policyFor(bucketName)),
        });
        await endAccessKeys(iam, bucketName);
        const { AccessKey: made } = await iam.createAccessKey({ UserName: bucketName });
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
