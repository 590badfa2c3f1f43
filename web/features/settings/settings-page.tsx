import { PageWaiting } from '../../components/page-waiting.tsx';

export function SettingsPage() {
  return <PageWaiting />;
}
