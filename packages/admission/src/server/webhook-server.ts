/** The webhook's port: HTTPS, with a certificate that may be exchanged while it runs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { everyAddress } from '@heddle/runtime';

export interface WebhookServerOptions {
  readonly host: string;
  readonly port: number;
  /** Must not reject. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** A client did not get through the handshake. */
  readonly onHandshakeError: (error: Error) => void;
}

const maxConnections = 256;
/** The API server waits for 10 s at most. */
const requestTimeoutMs = 10_000;
/** Longer than the API server keeps idle connections, so that it never writes into one that is closing. */
const keepAliveTimeoutMs = 120_000;
const maxHeaderBytes = 16 * 1024;

export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #server: Server;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        minVersion: 'TLSv1.2',
        requestTimeout: requestTimeoutMs,
        headersTimeout: requestTimeoutMs,
        handshakeTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveTimeoutMs,
        maxHeaderSize: maxHeaderBytes,
      },
      (request, response) => void options.answer(request, response),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on('tlsClientError', (error) => options.onHandshakeError(error));
  }

  /** Opens the port; handshakes fail until there is a certificate. Rejects when it cannot be opened. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, everyAddress(this.#options.host), () => {
        this.#server.removeListener('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** For handshakes from now on; open connections stay. @throws when certificate and key do not belong together */
  setCertificate(certificatePem: string, keyPem: string): void {
    this.#server.setSecureContext({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.2' });
  }

  /** Lets requests finish for up to `graceMs`, then ends everything. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }
}
