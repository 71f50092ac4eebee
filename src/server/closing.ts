// Closing in order: no new connections, requests under way come to their end, connections without one do not delay it.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Milliseconds between two looks for connections that have nothing more to say. */
const lookEvery = 50;
/** Milliseconds for last words: streams that were cut end with an error in their dialect. */
const lastWords = 500;

/**
 * Gives the function that closes the server. What is still under way after `patience` milliseconds is ended by `cut`, and its
 * connection is dropped soon after. Says whether all came to their end by themselves.
 */
export function closerOf(app: FastifyInstance): (patience: number, cut: () => Promise<void>) => Promise<boolean> {
  const { server } = app;
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  /** A connection is idle after its first request; one that never sent a byte is counted as busy by Node. */
  const dropIdle = (): void => {
    server.closeIdleConnections();
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };
  return async (patience, cut) => {
    let drained = true;
    const closed = app.close();
    const looking = setInterval(dropIdle, lookEvery);
    let ending = setTimeout(() => {
      drained = false;
      ending = setTimeout(() => server.closeAllConnections(), lastWords);
      void cut();
    }, patience);
    dropIdle();
    await closed;
    clearInterval(looking);
    clearTimeout(ending);
    return drained;
  };
}
