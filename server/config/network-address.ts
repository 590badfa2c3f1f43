import type { NetworkAddress } from '../api/index.ts';
import type { Settings } from './settings.ts';

/** Where the server listens. */
export function networkAddressOf({ host, port, tlsCertificate, tlsKey }: Settings): NetworkAddress {
  return tlsCertificate === undefined || tlsKey === undefined
    ? { host, port }
    : { host, port, tls: { certificatePath: tlsCertificate, keyPath: tlsKey } };
}
