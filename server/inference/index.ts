/** Running foundation models: the engine port, the models of this server, and the queue before them. */

export { createInference, type Inference } from './create-inference.ts';
export { createModels, modelSourceHosts } from './create-models.ts';
export type {
  ChatMessage,
  EmbeddingResult,
  Engine,
  EngineEvent,
  EngineModel,
  EngineParameters,
  EnginePrompt,
  EngineRequest,
  TokenLogProbability,
  TokenPiece,
} from './engine.ts';
export type { EngineWalls } from './engine-walls.ts';
export type { GenerationTimings, InferenceEvent, InferenceService, StopReason } from './inference-service.ts';
export { readJsonSchema } from './json-schema.ts';
export { anyJsonObject, type JsonShape } from './json-shape.ts';
export { createLlamaCppEngine, defaultThreads, type LlamaCppEngine } from './llama-cpp-engine.ts';
export { defaultModelId } from './model-catalogue.ts';
export type { ModelLifecycle } from './model-lifecycle.ts';
export type { PullEvent } from './model-pulls.ts';
export type { ModelInfo, ModelService, RunnableModel } from './model-service.ts';
export type { GuardrailAction, GuardrailEvent, GuardrailRule, Guardrails } from './moderation/guardrails.ts';
export type { FindingKind } from './moderation/moderation.ts';
export { createPullReport } from './pull-report.ts';
