/**
 * Reads the `data:` payloads of a server-sent event stream whose text grows, each once.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream (ours has one `data:` line an event and nothing else)
 * @returns to be called with all that has come so far
 */
export function createEventReader(onData: (data: string) => void): (textSoFar: string) => void {
  let read = 0;
  return (textSoFar) => {
    for (;;) {
      const end = textSoFar.indexOf('\n\n', read);
      if (end === -1) return;
      const line = textSoFar.slice(read, end);
      read = end + 2;
      if (line.startsWith('data:')) onData(line.slice(5).trimStart());
    }
  };
}
