import type { Places, Settings } from './config/index.ts';
import type { AllowedDestination } from './egress/index.ts';
import { identityProviderHosts, mailDestination, readMailServer } from './identity/index.ts';
import { modelSourceHosts } from './inference/index.ts';
import { kmsDestinations } from './keys/index.ts';
import { storageDestinations } from './storage/index.ts';

/** Every place that the server may connect to, by its settings. */
export function destinationsOf(settings: Settings, places: Places): readonly AllowedDestination[] {
  const { identityProviders, smtpUrl, storageInstances, keyProviders } = settings;
  return [
    ...modelSourceHosts,
    ...identityProviderHosts(identityProviders),
    ...(smtpUrl === undefined ? [] : [mailDestination(readMailServer(smtpUrl))]),
    ...storageDestinations({ url: places.bucketUrl, instances: storageInstances }),
    ...[places.kmsUrl, ...keyProviders.map(({ url }) => url)].flatMap(kmsDestinations),
  ];
}
