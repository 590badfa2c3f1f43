import { PageWaiting } from '../../components/page-waiting.tsx';

export function PeoplePage() {
  return <PageWaiting />;
}
