import type { FastifyInstance, FastifyRequest } from 'fastify';

const DEADLINE_MS = 30_000;

/**
 * Ends the connection of somebody who sends the body of an open route for longer than that: a form is there at once, and nobody who has no
 * credential holds connections by sending a byte now and then. Routes with a credential take model files, which need their time.
 */
export function limitOpenBodies(app: FastifyInstance, { deadlineMs = DEADLINE_MS } = {}): void {
  const deadlines = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const clear = async (request: FastifyRequest): Promise<void> => clearTimeout(deadlines.get(request));

  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.isOpen !== true) return;
    const timer = setTimeout(() => request.raw.socket.destroy(), deadlineMs);
    timer.unref();
    deadlines.set(request, timer);
  });
  // The body has been read.
  app.addHook('preValidation', clear);
  app.addHook('onError', clear);
  app.addHook('onRequestAbort', clear);
}
