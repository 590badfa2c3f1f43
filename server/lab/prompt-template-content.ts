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
import { AppError, Confidential, newId } from '../core/index.ts';

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

const sealedContent = z.discriminatedUnion('schemaVersion', [
  z.strictObject({ schemaVersion: z.literal(1), content: contentV1 }),
  z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), content: promptContent }),
]);

/** The content as the bytes that are sealed: JSON with its schema version. */
export function encodePromptTemplateContent(content: Confidential<PromptContent>): Confidential<Uint8Array> {
  const document = { schemaVersion: SCHEMA_VERSION, content: content.reveal('seal') };
  return Confidential.of<Uint8Array>(Buffer.from(JSON.stringify(document), 'utf8'));
}

/**
 * The content of an opened object, checked against the schema again.
 * @throws AppError `failed-precondition` when it is no prompt template that this version knows. The fault is not told in detail and kept
 *   from the log: parsers quote what they read.
 */
export function decodePromptTemplateContent(bytes: Confidential<Uint8Array>): Confidential<PromptContent> {
  const document = parseJson(bytes.reveal('assemble-prompt'));
  const parsed = sealedContent.safeParse(document);
  if (parsed.success) {
    const { data } = parsed;
    return Confidential.of(data.schemaVersion === 1 ? fromVersion1(data.content) : data.content);
  }
  throw new AppError(
    'failed-precondition',
    'This prompt template was saved by another version of Cloister and cannot be read by this one. Open it with the version that saved it.',
    { details: { reason: 'content-not-readable' } },
  );
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

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
