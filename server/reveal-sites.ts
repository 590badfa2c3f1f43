/**
 * Every file that may call `Confidential.reveal`, and why it must. `rooms.test.ts` fails on a call anywhere else, and on a file
 * listed here that no longer calls it. To add one, say the reason in a sentence that a reviewer can check.
 */
export const revealSites: Readonly<Record<string, string>> = {
  'server/assets/asset-service.ts': 'hands the bytes of what somebody saves to the sealed bucket, which encrypts them',
  'server/assets/asset-part-service.ts': 'the same, for a part of an asset: an entry of a session',
  'server/assets/bucket-object-service.ts': 'the same, for what somebody puts into a bucket',
  'server/assets/upload-service.ts': 'the same, for what somebody uploads in parts',
  'server/lab/code/prompt-code-service.ts': 'makes code, or a notebook, of a prompt that somebody sends for it',
  'server/lab/sealed-json.ts':
    'turns saved work into the bytes that are sealed, and opened bytes back into saved work, checked against its schema',
  'server/inference/llama-cpp-engine.ts':
    'hands prompt, stop sequences and the shape of JSON to the child that runs the model',
  'server/inference/moderation/checked-text.ts':
    'cuts the text that a guardrail checks at the ends of sentences; the pieces are wrapped again',
  'server/inference/moderation/memory-moderation.ts': 'the fake of the moderation: looks for given words, in tests',
  'server/inference/moderation/moderated-prompt.ts':
    'masks what a guardrail found in a prompt, before the engine gets it; the prompt is wrapped again',
  'server/inference/moderation/moderated-stream.ts':
    'masks what a guardrail found in an answer; the text is wrapped again',
  'server/inference/moderation/pattern-moderation.ts':
    'looks for personal data, hate, abuse and profanity in a text, where a request asks for it',
  'server/inference/memory-engine.ts': 'the fake of the engine: works on the prompt itself, in tests and benchmarks',
  'server/api/app/archive-routes.ts': 'writes the archive of a project into the answer to the Admin who takes it away',
  'server/api/app/generation-events.ts': "writes the model's text into the answer to whoever sent the prompt",
  'server/api/app/prompt-code-routes.ts': 'writes code of a prompt into the answer to whoever sent the prompt',
  'server/api/app/prompt-template-routes.ts': 'writes a saved template into the answer to whoever may open it',
  'server/api/app/prompt-version-routes.ts': 'the same, for a version of one',
  'server/api/app/prompt-session-routes.ts':
    'writes submitted prompts into the answer to whoever may open their session',
  'server/api/content-answer.ts': 'writes an object or the content of an asset into the answer to whoever may open it',
  'server/api/openai/response.ts': "the same, in the shape of OpenAI's API",
  'server/api/watsonx/chat-response.ts': "the same, in the shape of watsonx's chat",
  'server/api/watsonx/generation-response.ts': "the same, in the shape of watsonx's text generation",
  'server/api/watsonx/moderations.ts':
    'writes the words that moderations found into the answer to whoever sent the prompt, unless he asks to leave them out',
  'server/api/watsonx/prompt-routes.ts':
    "writes a saved prompt in watsonx's shape into the answer to whoever may open it, and changes it by that shape",
  'server/api/watsonx/prompt-session-shapes.ts':
    "writes the entries of a session in watsonx's shape into the answer to whoever may open them",
};
