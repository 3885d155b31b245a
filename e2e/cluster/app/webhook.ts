/** `webhook`: an admission webhook on 8443, with tls.crt and tls.key in /tls; denies what is labelled `denied`. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

interface Review {
  readonly request: { readonly uid: string; readonly object?: { readonly metadata?: { readonly labels?: object } } };
}

export const webhook = (): void => {
  const read = (name: string): Buffer => readFileSync(`/tls/${name}`);
  const server = createServer({ cert: read('tls.crt'), key: read('tls.key') }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { uid, object } = (JSON.parse(body) as Review).request;
      const allowed = !Object.hasOwn(object?.metadata?.labels ?? {}, 'denied');
      const status = { message: 'it is labelled denied' };
      const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed, status } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  server.listen(8443, '::');
  process.once('SIGTERM', () => process.exit(0));
};
