const kindWords: Readonly<Record<string, string>> = {
  filesystem: 'A folder of its own on the server',
  s3: 'A bucket of its own in S3 storage',
};

/** What kind of storage a project's bucket is in. */
export const storageKindWords = (kind: string): string => kindWords[kind] ?? kind;
