/** What the chart renders, as files that people read in a change. HEDDLE_UPDATE_GOLDEN=1 writes them anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installs } from './testing/cases.ts';
import { hasHelm, needsHelm } from './testing/helm.ts';
import { renderText } from './testing/render.ts';

const isUpdating = process.env['HEDDLE_UPDATE_GOLDEN'] === '1';

/** Certificates are made anew by every rendering. */
const withoutCertificates = (text: string): string =>
  text
    .replaceAll(/^( *(?:tls\.crt|tls\.key|ca\.crt|crt\.pem|key\.pem|caBundle): )(?!"").+$/gm, '$1(made by Helm)')
    .replaceAll(/^( *heddle\.io\/certificate-ends: ).+$/gm, '$1(in three years)')
    .replaceAll(/^( *)-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----$/gm, '$1(made by Helm)');

describe.skipIf(!hasHelm)(`golden renderings ${needsHelm}`, () => {
  test.each(installs)('%s', async (name, options) => {
    const text = withoutCertificates(await renderText(options));
    const file = join(import.meta.dirname, 'golden', `${name}.golden.yaml`);
    if (isUpdating) await writeFile(file, text);
    expect(text).toBe(await readFile(file, 'utf8'));
    expect(text).not.toContain('-----BEGIN');
  });
});
