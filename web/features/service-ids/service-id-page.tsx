import { PageWaiting } from '../../components/page-waiting.tsx';

export function ServiceIdPage() {
  return <PageWaiting />;
}
