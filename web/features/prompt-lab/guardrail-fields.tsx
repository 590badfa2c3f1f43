import { Select, SelectItem } from '@carbon/react';
import type { Guardrails } from '../../../contract/app/index.ts';

type Kind = keyof Guardrails;
type Side = 'input' | 'output';
type Sides = NonNullable<Guardrails['personalData']>;
const DEFAULT_THRESHOLD = 0.5;

const kinds: readonly { kind: Kind; label: string; explanation: string }[] = [
  {
    kind: 'personalData',
    label: 'Personal data',
    explanation:
      'Such as e-mail addresses, telephone and card numbers, found by their form. Names of people are not found.',
  },
  {
    kind: 'hateAbuseProfanity',
    label: 'Hate, abuse and profanity',
    explanation: 'Found by words, mostly English. It misses some, and takes some for what they are not.',
  },
];

type GuardrailFieldsProps = { guardrails: Guardrails; onChange: (guardrails: Guardrails) => void };

/** Checks of the prompt and of the answer; all are off until somebody switches them on. */
export function GuardrailFields({ guardrails, onChange }: GuardrailFieldsProps) {
  return (
    <section className="cl-guardrails" aria-labelledby="guardrails-title">
      <h3 id="guardrails-title" className="cl-panel__subtitle">
        Guardrails
      </h3>
      <p className="cl-field__help">Checked on this server while the prompt runs. Nothing of it is stored.</p>
      {kinds.map(({ kind, label, explanation }) => (
        <div key={kind} className="cl-field">
          {(['input', 'output'] as const).map((side) => (
            <Select
              key={side}
              id={`guardrail-${kind}-${side}`}
              size="sm"
              labelText={`${label} in the ${side === 'input' ? 'prompt' : 'answer'}`}
              autoComplete="off"
              value={guardrails[kind]?.[side] ?? 'off'}
              onChange={({ target }) => onChange(withAction(guardrails, kind, side, target.value))}
            >
              <SelectItem value="off" text="Off (default)" />
              <SelectItem value="mask" text="Mask" />
              <SelectItem value="block" text="Block" />
            </Select>
          ))}
          <p className="cl-field__help">{explanation}</p>
        </div>
      ))}
    </section>
  );
}

/** A kind that is off on both sides is left out, so that the prompt is as if it never had been on. */
function withAction(guardrails: Guardrails, kind: Kind, side: Side, action: string): Guardrails {
  const { [side]: _before, ...sides }: Sides = guardrails[kind] ?? {};
  const next: Sides = action === 'mask' || action === 'block' ? { ...sides, [side]: action } : sides;
  const { [kind]: _kind, ...others } = guardrails;
  if (next.input === undefined && next.output === undefined) return others;
  return kind === 'personalData'
    ? { ...others, personalData: next }
    : { ...others, hateAbuseProfanity: { threshold: DEFAULT_THRESHOLD, ...next } };
}
