import { PageWaiting } from '../../components/page-waiting.tsx';

export function ServiceIdsPage() {
  return <PageWaiting />;
}
