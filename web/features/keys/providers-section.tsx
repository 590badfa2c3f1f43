import { SkeletonText, Tag } from '@carbon/react';
import { Link } from 'react-router-dom';
import type { KeyProvider } from '../../../contract/app/index.ts';
import { toApiError } from '../../app/api/client.ts';
import { useKeyProviders } from '../../app/api/keys.ts';
import { keyKindDoesNotProtect, keyKindProtects, keyKindWords } from '../../components/key-words.ts';
import { ProblemNotice } from '../../components/problem-notice.tsx';

/** Where a key may be, and what that is good for. */
export function ProvidersSection() {
  const { data: providers, error, isPending, refetch } = useKeyProviders();
  return (
    <section className="cl-section" aria-labelledby="key-providers">
      <h2 className="cl-section__title" id="key-providers">
        Providers
      </h2>
      <p className="cl-section__text">
        The operator of the deployment decides which there are.{' '}
        <Link to="/account/key/root-key">What the local root key protects against, and what not</Link>
      </p>
      {error !== null && <ProblemNotice error={toApiError(error)} retry={() => void refetch()} />}
      {isPending && <SkeletonText paragraph lineCount={4} />}
      {providers !== undefined && (
        <ul className="cl-items" aria-labelledby="key-providers">
          {providers.map((provider) => (
            <ProviderRow key={provider.id} provider={provider} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ProviderRow({ provider: { displayName, kind, isStandard } }: { provider: KeyProvider }) {
  return (
    <li className="cl-items__row">
      <div className="cl-items__main">
        <p className="cl-items__name">
          {displayName}
          {displayName !== keyKindWords[kind] && (
            <Tag size="sm" type="cool-gray">
              {keyKindWords[kind]}
            </Tag>
          )}
          {isStandard && (
            <Tag size="sm" type="blue">
              Standard
            </Tag>
          )}
        </p>
        <p className="cl-items__facts">
          <strong>Protects against:</strong> {keyKindProtects[kind]}
        </p>
        <p className="cl-items__facts">
          <strong>Not against:</strong> {keyKindDoesNotProtect[kind]}
        </p>
      </div>
    </li>
  );
}
