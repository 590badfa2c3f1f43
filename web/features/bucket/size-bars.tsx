import type { BucketSummary } from '../../../contract/app/index.ts';
import { formatBytes, formatCount } from '../../components/format.ts';

const typeWords: Readonly<Record<string, string>> = {
  'prompt-template': 'Saved prompts',
  'data-asset': 'Data assets',
  asset: 'Assets of the project',
  object: 'Uploaded to the bucket itself',
};

/** Sealed bytes by what they belong to. The bars are for the eye; each row says its numbers. */
export function SizeBars({ summary: { byType, sealedBytes } }: { summary: BucketSummary }) {
  const rows = byType.toSorted((one, other) => other.sealedBytes - one.sealedBytes);
  return (
    <table className="cl-sizes" aria-label="Sealed size by type">
      <thead className="cl-visually-hidden">
        <tr>
          <th scope="col">Type</th>
          <th scope="col">Sealed size</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ type, objects, sealedBytes: bytes }) => (
          <tr key={type}>
            <th scope="row">{typeWords[type] ?? type}</th>
            <td>
              <span className="cl-sizes__track" aria-hidden="true">
                <span
                  className="cl-sizes__bar"
                  style={{ inlineSize: `${(bytes / Math.max(1, sealedBytes)) * 100}%` }}
                />
              </span>
              <span className="cl-sizes__words">
                {formatBytes(bytes)} in {formatCount(objects)} {objects === 1 ? 'object' : 'objects'}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
