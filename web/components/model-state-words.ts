import type { Model } from '../../contract/app/index.ts';

/** Whether a model can be used now, in a word or two. */
export function modelStateWords({ installation }: Model): string {
  switch (installation.state) {
    case 'available':
      return 'Ready';
    case 'absent':
      return 'Not fetched';
    case 'failed':
      return 'Could not be fetched';
    case 'pulling': {
      const { receivedBytes, totalBytes } = installation;
      return totalBytes === null || totalBytes === 0
        ? 'Fetching …'
        : `Fetching, ${Math.floor((receivedBytes / totalBytes) * 100)} %`;
    }
  }
}
