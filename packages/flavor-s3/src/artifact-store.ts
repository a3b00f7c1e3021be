import { defineFlavor, location, sensitive, z } from '@mlstack/core/flavor';
import { s3RemoteAccess } from './remote-access.ts';

export function s3Config() {
  const filled = z.string().min(1, 'must not be empty');
  return z.strictObject({
    path: location(
      z
        .string()
        .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\0]*)?$/, 'must be s3://bucket or s3://bucket/prefix')
        .refine(
          (path) => !/^s3:\/\/[^/]*--x-s3(\/|$)/.test(path),
          'must not be a directory bucket (S3 Express One Zone)',
        ),
    ).describe('Where artifacts go: s3://bucket/prefix'),
    endpoint: location(
      z.url({ protocol: /^https?$/, error: 'must be a URL as https://minio.example.org:9000' }).optional(),
    ).describe('Address of a server other than AWS: https://minio.example.org:9000'),
    region: filled
      .optional()
      .describe('Region of the bucket; by default what the AWS configuration says; with an endpoint us-east-1'),
    forcePathStyle: z
      .boolean()
      .optional()
      .describe('Bucket in the path rather than in the host name; by default true with an endpoint'),
    profile: filled.optional().describe('Profile of the AWS configuration to take credentials from'),
    roleArn: z.string().startsWith('arn:').optional().describe('Role to assume'),
    externalId: filled.optional().describe('External id that the role asks for'),
    accessKeyId: sensitive(filled.optional()).describe('Access key; without one the standard AWS chain is asked'),
    secretAccessKey: sensitive(filled.optional()).describe('Secret key'),
    sessionToken: sensitive(filled.optional()).describe('Session token'),
    partSizeMiB: z.int().min(5).max(512).default(8).describe('Size of the parts of large objects'),
    concurrency: z.int().min(1).max(32).default(4).describe('How many parts of one object are under way at once'),
    retrySeconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(120)
      .describe('How long a request is tried again while the server or the connection fails'),
    timeoutSeconds: z
      .number()
      .positive()
      .max(3600)
      .default(60)
      .describe('How long the server may be silent before the connection counts as broken'),
    createBucket: z.boolean().default(false).describe('Whether provisioning makes a bucket that is not there'),
    versioning: z.boolean().optional().describe('Versioning of a bucket that provisioning makes'),
    encryption: z
      .enum(['AES256', 'aws:kms'])
      .optional()
      .describe('Encryption at rest of a bucket that provisioning makes'),
    kmsKeyId: filled.optional().describe('Key of aws:kms encryption'),
    /** Whether the server keeps conditional puts, where that was found out elsewhere. */
    _conditionalPuts: z.boolean().optional(),
  });
}
export type S3Config = z.output<ReturnType<typeof s3Config>>;

export const s3ArtifactStore = defineFlavor({
  type: 'artifact-store',
  name: 's3',
  contractVersion: 1,
  summary: 'Amazon S3 and what speaks its protocol: MinIO, Ceph, R2, B2',
  config: s3Config,
  capabilities: {
    supportedSchemes: ['s3'],
    reach: 'network',
    presignedUrls: true,
    remoteAccess: s3RemoteAccess,
  },
  stackRules: [
    ({ components }) => {
      const { accessKeyId, secretAccessKey, roleArn, externalId, encryption, kmsKeyId } =
        components['artifact-store']?.config ?? {};
      return [
        ...((accessKeyId === undefined) === (secretAccessKey === undefined)
          ? []
          : [
              {
                path: ['artifact-store', accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey'],
                message: 'accessKeyId and secretAccessKey go together',
                hint: 'Give both or neither.',
              },
            ]),
        ...(externalId !== undefined && roleArn === undefined
          ? [{ path: ['artifact-store', 'externalId'], message: 'externalId goes with roleArn' }]
          : []),
        ...(kmsKeyId !== undefined && encryption !== 'aws:kms'
          ? [{ path: ['artifact-store', 'kmsKeyId'], message: 'kmsKeyId goes with encryption aws:kms' }]
          : []),
      ];
    },
  ],
  implementation: async () => (await import('./s3-artifact-store.ts')).S3ArtifactStore,
});
