/** The promises, row by row as watsonx's page "Security and privacy for foundation models" lists them, in our words. */
export type PromiseRow = {
  readonly item: string;
  readonly promise: string;
  /** What this command can say about it; `absent` is why it can say nothing: the feature, or its trial, does not exist yet. */
  readonly evidence:
    | 'input'
    | 'transit'
    | 'output'
    | 'template'
    | 'files'
    | 'access'
    | 'other accounts'
    | 'logs'
    | 'own key'
    | { readonly absent: string };
};

export const promiseRows: readonly PromiseRow[] = [
  {
    item: 'Prompt: text and parameters',
    promise: 'Not stored unless saved, not monitored, not logged.',
    evidence: 'input',
  },
  {
    item: 'Prompt in transit',
    promise: 'Encrypted on the way, or never leaves the machine; sent to no third party.',
    evidence: 'transit',
  },
  { item: 'Model output', promise: 'Not stored unless saved, not monitored, not logged.', evidence: 'output' },
  {
    item: 'Prompt template asset',
    promise: 'Stored sealed in a bucket of its own project; gone when deleted.',
    evidence: 'template',
  },
  {
    item: 'Data asset',
    promise:
      'Stored sealed in a bucket of its own project, also while it is uploaded; gone when deleted. Names, descriptions and tags are in the database only, and what is looked for nowhere.',
    evidence: 'files',
  },
  {
    item: 'Prompt session asset',
    promise: 'Stored sealed, at most 500 prompts for 30 days.',
    evidence: { absent: 'this command does not try prompt sessions yet' },
  },
  {
    item: 'Notebook asset',
    promise: 'Stored sealed.',
    evidence: { absent: 'this command does not try notebooks yet' },
  },
  {
    item: 'Text in the browser',
    promise: 'Kept in the page only until it is refreshed or the session ends.',
    evidence: { absent: 'this command drives no browser' },
  },
  {
    item: 'Tuned model',
    promise: 'Stored sealed; used by nobody else.',
    evidence: { absent: 'tuning does not exist yet' },
  },
  {
    item: 'Tuning experiment',
    promise: 'Stored sealed; used by nobody else.',
    evidence: { absent: 'tuning does not exist yet' },
  },
  {
    item: 'Training data',
    promise: 'Stored sealed; used by nobody else.',
    evidence: { absent: 'tuning does not exist yet' },
  },
  {
    item: 'Only you reach your work',
    promise: 'No credential, a wrong one, another project, or a role that does not reach: no access to saved work.',
    evidence: 'access',
  },
  {
    item: 'Other accounts',
    promise: 'Another account cannot reach saved work, nor find out that it is there.',
    evidence: 'other accounts',
  },
  { item: 'Logging', promise: 'Nothing that is submitted or generated is in any log.', evidence: 'logs' },
  {
    item: 'Your own key',
    promise: 'Saved work is sealed under a key that you choose, rotate, disable and destroy.',
    evidence: 'own key',
  },
  {
    item: 'Ownership',
    promise: 'Content is yours and trains nothing.',
    evidence: { absent: 'a promise of conduct: a search of files cannot prove it' },
  },
  {
    item: 'Governance',
    promise: 'Payloads are kept only where monitoring is on, and purged with it.',
    evidence: { absent: 'governance does not exist yet' },
  },
];
