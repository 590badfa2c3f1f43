import { useEffect, useRef } from 'react';

const NEAR_END_PX = 80;

/** Keeps the end of a growing text in view, unless the reader has scrolled away from it. */
export function useStickToEnd(growing: unknown) {
  const element = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);

  useEffect(() => {
    const scroller = element.current;
    if (scroller === null) return;
    const look = () => {
      isAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    };
    scroller.addEventListener('scroll', look, { passive: true });
    return () => scroller.removeEventListener('scroll', look);
  }, []);

  useEffect(() => {
    const scroller = element.current;
    if (scroller !== null && isAtEnd.current && growing !== '') scroller.scrollTop = scroller.scrollHeight;
  }, [growing]);

  return element;
}
