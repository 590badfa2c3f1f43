import { Link } from 'react-router-dom';
import { Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Page not found" lead="There is nothing at this address, or it is not yours to see.">
      <Link to="/projects">Go to your projects</Link>
    </Page>
  );
}
