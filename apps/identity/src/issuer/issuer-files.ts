/** The issuer's files as they are mounted, in either of two schemes (features section 2.3). */
import { join } from 'node:path';
import { readTogether } from '@heddle/runtime/files';

export interface IssuerFiles {
  readonly certificatesPem: string;
  readonly keyPem: string;
}

export type ReadIssuerFiles =
  | { readonly kind: 'ok'; readonly value: IssuerFiles }
  | { readonly kind: 'invalid'; readonly reason: string };

const schemes = [
  { type: 'linkerd.io/tls', certificate: 'crt.pem', key: 'key.pem' },
  { type: 'kubernetes.io/tls', certificate: 'tls.crt', key: 'tls.key' },
] as const;

/** Every file that, when it changes, may change the issuer. */
export const issuerPaths = (dir: string): readonly string[] =>
  schemes.flatMap(({ certificate, key }) => [join(dir, certificate), join(dir, key)]);

/** Reads `crt.pem` and `key.pem` (linkerd.io/tls) or `tls.crt` and `tls.key` (kubernetes.io/tls). */
export const readIssuerFiles = async (dir: string): Promise<ReadIssuerFiles> => {
  const found: IssuerFiles[] = [];
  const missing: string[] = [];
  const texts = await readTogether(
    dir,
    schemes.flatMap(({ certificate, key }) => [certificate, key]),
  );
  for (const { certificate, key } of schemes) {
    const [certificatesPem, keyPem] = [texts[certificate], texts[key]];
    if (certificatesPem !== undefined && keyPem !== undefined) found.push({ certificatesPem, keyPem });
    else if (certificatesPem !== undefined) missing.push(key);
    else if (keyPem !== undefined) missing.push(certificate);
  }
  const [files] = found;
  if (files !== undefined && found.length === 1) return { kind: 'ok', value: files };
  return { kind: 'invalid', reason: reasonFor(dir, found.length, missing) };
};

const reasonFor = (dir: string, found: number, missing: readonly string[]): string => {
  if (found > 1) return `${dir} holds both crt.pem/key.pem and tls.crt/tls.key; remove the pair that is out of date`;
  if (missing.length > 0) return `${join(dir, missing[0] ?? '')} is missing or cannot be read`;
  return `${dir} holds neither crt.pem and key.pem nor tls.crt and tls.key`;
};
