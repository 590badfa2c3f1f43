import { TextInput } from '@carbon/react';
import { useState } from 'react';
import { MetadataFields } from '../../components/metadata-fields.tsx';
import { tagsFault, tagsOfText } from './asset-words.ts';

/** What people say of an asset. */
export type AssetWords = { readonly name: string; readonly description: string; readonly tags: string[] };

/** What is being typed into {@link AssetFields}; `words` is undefined while it cannot be saved. */
export function useAssetFields(before: AssetWords) {
  const [name, setName] = useState(before.name);
  const [description, setDescription] = useState(before.description);
  const [tagText, setTagText] = useState(before.tags.join(', '));
  const tags = tagsOfText(tagText);
  const fault = tagsFault(tags);
  const words: AssetWords | undefined =
    name.trim() === '' || fault !== undefined ? undefined : { name: name.trim(), description, tags };
  return { words, fields: { name, setName, description, setDescription, tagText, setTagText, fault } };
}

type AssetFieldsProps = ReturnType<typeof useAssetFields>['fields'] & { id: string };

/** Name, description and tags. */
export function AssetFields({ id, tagText, setTagText, fault, ...named }: AssetFieldsProps) {
  return (
    <>
      <MetadataFields
        id={id}
        helperText="Name, description and tags are metadata: everybody in the project sees them."
        {...named}
      />
      <TextInput
        id={`${id}-tags`}
        labelText="Tags (optional)"
        helperText="With commas between them; at most 20."
        autoComplete="off"
        spellCheck={false}
        invalid={fault !== undefined}
        invalidText={fault}
        value={tagText}
        onChange={(event) => setTagText(event.target.value)}
      />
    </>
  );
}
