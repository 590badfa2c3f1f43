import { SkeletonText } from '@carbon/react';

/** While a page's code or the session is on its way. */
export function PageWaiting() {
  return (
    <div className="cl-page" aria-busy="true">
      <SkeletonText heading width="16rem" />
      <SkeletonText paragraph lineCount={4} />
    </div>
  );
}
