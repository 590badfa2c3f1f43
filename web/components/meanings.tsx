type MeaningsProps<T extends string> = {
  options: readonly T[];
  words: Readonly<Record<T, string>>;
  meanings: Readonly<Record<T, string>>;
};

/** What each of a few roles means, for reading. */
export function Meanings<T extends string>({ options, words, meanings }: MeaningsProps<T>) {
  return (
    <dl className="cl-meanings">
      {options.map((option) => (
        <div key={option} className="cl-meanings__row">
          <dt>{words[option]}</dt>
          <dd>{meanings[option]}</dd>
        </div>
      ))}
    </dl>
  );
}
