import { Select, SelectItem, TextArea } from '@carbon/react';
import type { ResponseFormat } from '../../../contract/app/index.ts';
import { schemaFault } from './decoding-parameters.ts';

type ResponseFormatFieldsProps = { format: ResponseFormat; onChange: (format: ResponseFormat) => void };

const explanations: Record<ResponseFormat['type'], string> = {
  text: 'The model writes what it likes (default).',
  json_object: 'The answer is one JSON value; a limit on its length may still cut it.',
  json_schema: 'The answer is JSON that fits this schema; a limit on its length may still cut it.',
};

/** What the answer must be: any text, JSON, or JSON by a schema, which is checked while it is typed. */
export function ResponseFormatFields({ format, onChange }: ResponseFormatFieldsProps) {
  const fault = format.type === 'json_schema' ? schemaFault(format.schema) : undefined;
  return (
    <div className="cl-field">
      <Select
        id="response-format"
        size="sm"
        labelText="Response format"
        autoComplete="off"
        value={format.type}
        onChange={({ target }) => onChange(formatOf(target.value))}
      >
        <SelectItem value="text" text="Text" />
        <SelectItem value="json_object" text="JSON" />
        <SelectItem value="json_schema" text="JSON by a schema" />
      </Select>
      <p className="cl-field__help">{explanations[format.type]}</p>
      {format.type === 'json_schema' && (
        <TextArea
          id="response-schema"
          className="cl-schema"
          labelText="JSON Schema"
          rows={6}
          placeholder={'{ "type": "object", "properties": { … } }'}
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          invalid={fault !== undefined && format.schema !== ''}
          invalidText={fault ?? ''}
          value={format.schema}
          onChange={({ target }) => onChange({ type: 'json_schema', schema: target.value })}
        />
      )}
    </div>
  );
}

function formatOf(type: string): ResponseFormat {
  if (type === 'json_schema') return { type, schema: '' };
  return { type: type === 'json_object' ? 'json_object' : 'text' };
}
