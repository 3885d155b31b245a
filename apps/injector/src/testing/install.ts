/** An install as tests have it. */
import type { InstallConfig } from '../inject/install-config.ts';
import { readValues } from '../inject/settings/read-values.ts';

/** @throws when the values are wrong */
export const installFrom = (values: object = {}): InstallConfig => {
  const result = readValues(values);
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'));
  return {
    settings: result.settings,
    version: '1.2.3',
    controlPlaneNamespace: 'linkerd',
    trustAnchorsPem: '-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n',
    trustRootSha256: '5d41402abc4b2a76b9719d911017c592ae5d41402abc4b2a76b9719d911017c5',
  };
};
