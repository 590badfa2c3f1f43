import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problem } from '../../../contract/app/index.ts';

/** The OpenAPI document of the app's API, made of the schemas that check its requests. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cloister',
        version,
        description: 'The REST API of Cloister itself. Errors are problem details (RFC 9457).',
      },
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
        schemas: { Problem: z.toJSONSchema(problem, { io: 'output' }) as object },
        responses: {
          Problem: {
            description: 'The request is refused; `detail` says why and what to do.',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const operations of Object.values(openapiObject.paths ?? {})) {
        for (const operation of Object.values(operations ?? {})) {
          if (typeof operation === 'object' && 'responses' in operation) describeRefusals(operation);
        }
      }
      return openapiObject;
    },
  };
}

/** Every operation may be refused, with the same shape. A server error is no answer that is described: it is a fault. */
function describeRefusals(operation: { responses?: Record<string, unknown> }): void {
  operation.responses = { ...operation.responses, '4XX': { $ref: '#/components/responses/Problem' } };
}
