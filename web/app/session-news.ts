/**
 * What the tabs of one browser tell each other about the login session, which they share: that it was ended on purpose, or that it may
 * be another one. Never more than that word; each tab asks the server itself.
 */
export type SessionNews = 'signed-out' | 'look-again';

const channel = new BroadcastChannel('cloister-session');

export function tellOtherTabs(news: SessionNews): void {
  channel.postMessage(news);
}

/** @returns what ends the listening. */
export function onNewsFromOtherTabs(listener: (news: SessionNews) => void): () => void {
  const receive = ({ data }: MessageEvent<SessionNews>) => listener(data);
  channel.addEventListener('message', receive);
  return () => channel.removeEventListener('message', receive);
}
