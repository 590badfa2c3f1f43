import { PageWaiting } from '../../components/page-waiting.tsx';

export function AccountPage() {
  return <PageWaiting />;
}
