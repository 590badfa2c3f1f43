import type { GuardrailFinding } from '../../../contract/app/index.ts';

/** What the guardrails found in the last run: kinds and numbers, never the words. */
export function GuardrailFindings({ findings }: { findings: readonly GuardrailFinding[] }) {
  if (findings.length === 0) return null;
  const lines = new Map<string, number>();
  for (const { on, entity, action } of findings) {
    const line = `${entity} in the ${on === 'input' ? 'prompt' : 'answer'}, ${action === 'mask' ? 'masked' : 'blocked'}`;
    lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return (
    <section className="cl-findings" aria-label="Guardrail findings">
      <h3 className="cl-output__title">Guardrails found</h3>
      <ul>
        {[...lines].map(([line, times]) => (
          <li key={line}>{times === 1 ? line : `${line}, ${times} times`}</li>
        ))}
      </ul>
    </section>
  );
}
