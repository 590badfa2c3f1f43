import { connect, type Socket } from 'node:net';

/** A connection for a protocol that is not HTTP. Whoever asked for it secures it and closes it. */
export type EgressConnection = Socket;

/** Opens a TCP connection. @throws the error of the socket, with its code */
export function openConnection(host: string, port: number, timeoutMs: number): Promise<EgressConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    const onTimeout = () => fail(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
    socket.setTimeout(timeoutMs, onTimeout);
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.removeListener('error', fail);
      socket.removeListener('timeout', onTimeout);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}
