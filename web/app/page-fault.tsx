import { Button } from '@carbon/react';
import { Page } from '../components/page.tsx';

/** In place of a page that has a fault of its own, or whose program has changed on the server since the application was loaded. */
export function PageFault() {
  return (
    <Page
      title="This page cannot be shown"
      lead="Something went wrong in the page itself, or the server has a newer version of it. What is saved is not touched."
    >
      <Button onClick={() => window.location.reload()}>Load the page again</Button>
    </Page>
  );
}
