/** Asks the webhook as the API server does: HTTPS, and a review in a body. */
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface ReviewResponse {
  readonly status: number;
  readonly body: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly response: {
      readonly uid: string;
      readonly allowed: boolean;
      readonly patchType?: string;
      readonly patch?: string;
      readonly warnings?: readonly string[];
      readonly status?: { readonly code: number; readonly message: string; readonly reason: string };
    };
  };
  /** Of the certificate that the webhook showed. */
  readonly serialNumber: string;
}

export interface Target {
  readonly port: number;
  readonly ca: string;
  readonly serverName: string;
}

export const post = (
  { port, ca, serverName }: Target,
  body: string | Uint8Array,
  { path = '/?timeout=10s', method = 'POST' } = {},
): Promise<ReviewResponse> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, ca, servername: serverName, path, method, agent: false },
      (response) => {
        const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text) as ReviewResponse['body'],
            serialNumber,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

/** A review of an object that is about to be made. */
export const reviewOf = (
  kind: string,
  object: unknown,
  parts: object = {},
  apiVersion = 'admission.k8s.io/v1',
): string =>
  JSON.stringify({
    apiVersion,
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind },
      operation: 'CREATE',
      namespace: 'shop',
      object,
      ...parts,
    },
  });
