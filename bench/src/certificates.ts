/** Certificates for the peers, of the same shape as the mesh's: P-256, one issuer under one anchor. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCertificateMill } from '@heddle/testkit';

export interface PeerFiles {
  readonly anchors: string;
  readonly chain: string;
  readonly key: string;
  /** Chain and key in one file, as HAProxy reads them. */
  readonly bundle: string;
}

export const serverName = 'server.bench.serviceaccount.identity.linkerd.cluster.local';
const clientName = 'client.bench.serviceaccount.identity.linkerd.cluster.local';

export const writeCertificates = (dir: string): { readonly client: PeerFiles; readonly server: PeerFiles } => {
  const mill = createCertificateMill();
  const anchors = join(dir, 'anchors.pem');
  writeFileSync(anchors, mill.trustAnchorsPem);
  const files = (name: string, identity: string): PeerFiles => {
    const leaf = mill.leaf(identity);
    const at = (suffix: string, text: string): string => {
      const file = join(dir, `${name}${suffix}`);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    return {
      anchors,
      chain: at('.crt', leaf.chainPem),
      key: at('.key', leaf.keyPem),
      bundle: at('.pem', `${leaf.chainPem}\n${leaf.keyPem}`),
    };
  };
  return { client: files('client', clientName), server: files('server', serverName) };
};
