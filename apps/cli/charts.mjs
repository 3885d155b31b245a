// Copies the charts beside the bundle, so that `heddle install` has them wherever the bundle goes.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'dist', 'charts');
rmSync(folder, { recursive: true, force: true });
for (const chart of ['heddle-crds', 'heddle-control-plane']) {
  cpSync(join(import.meta.dirname, '../../deploy/charts', chart), join(folder, chart), { recursive: true });
}
