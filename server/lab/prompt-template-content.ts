import { z } from 'zod';
import {
  type ChatMessage,
  type ChatTurn,
  chatMessage,
  decodingParameters,
  modelId,
  type PromptContent,
  promptContent,
} from '../../contract/app/index.ts';
import { type Confidential, newId } from '../core/index.ts';
import { fromSealedJson, toSealedJson } from './sealed-json.ts';

/** Version of what is inside the sealed object. A later shape gets another number, and reading migrates from the older ones. */
const SCHEMA_VERSION = 2;

/** Version 1 had neither variables nor branches nor the structured mode, and a chat's turns had no ids. */
const contentV1 = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('freeform'), modelId, parameters: decodingParameters, text: z.string() }),
  z.strictObject({
    mode: z.literal('chat'),
    modelId,
    parameters: decodingParameters,
    messages: z.array(chatMessage).max(1000),
  }),
]);

const sealedContent = z
  .discriminatedUnion('schemaVersion', [
    z.strictObject({ schemaVersion: z.literal(1), content: contentV1 }),
    z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), content: promptContent }),
  ])
  .transform(
    (document): PromptContent => (document.schemaVersion === 1 ? fromVersion1(document.content) : document.content),
  );

/** The content as the bytes that are sealed: JSON with its schema version. */
export function encodePromptTemplateContent(content: Confidential<PromptContent>): Confidential<Uint8Array> {
  return toSealedJson(content, (revealed) => ({ schemaVersion: SCHEMA_VERSION, content: revealed }));
}

/** The content of an opened object. @throws AppError as {@link fromSealedJson} */
export function decodePromptTemplateContent(bytes: Confidential<Uint8Array>): Confidential<PromptContent> {
  return fromSealedJson(bytes, sealedContent, 'prompt template');
}

function fromVersion1(content: z.infer<typeof contentV1>): PromptContent {
  const { modelId, parameters } = content;
  const shared = { modelId, parameters, variables: [], guardrails: {} };
  if (content.mode === 'freeform') return { mode: 'freeform', ...shared, text: content.text };
  const turns = turnsOf(content.messages);
  const system = content.messages.filter(({ role }) => role === 'system').map((message) => message.content);
  return { mode: 'chat', ...shared, system: system.join('\n\n'), turns, leafId: turns.at(-1)?.id ?? null };
}

/** One branch, each turn after the one before. */
function turnsOf(messages: readonly ChatMessage[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, content } of messages) {
    if (role !== 'system') turns.push({ id: newId(), parentId: turns.at(-1)?.id ?? null, role, content });
  }
  return turns;
}
