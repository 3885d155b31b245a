import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { removing } from './e2e/cluster/scenarios.ts';

/** One scenario at a time: some of them take the control plane away from under the others. */
const clusterProject = {
  test: {
    name: 'cluster',
    // Beside a whole cluster, a process starts late at times.
    pool: 'threads' as const,
    include: ['e2e/cluster/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
};

/** In order of name, but those that remove the mesh after all others. */
class ScenarioOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): string =>
      `${removing.indexOf(basename(moduleId, '.test.ts')) + 1}${moduleId}`;
    return files.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }
}

/**
 * Projects by what a test needs: `unit` nothing but the process, `socket` real sockets on loopback, `mesh` the built
 * bundles as real processes, `netns` network namespaces that the test makes (root on Linux),
 * `cluster` a Kubernetes cluster. Tests stand beside their
 * source; `*.socket.test.ts` opens sockets, `*.netns.test.ts` makes namespaces.
 */
export default defineConfig({
  test: {
    reporters: ['default', './scripts/summary-reporter.ts'],
    maxWorkers: Math.max(2, availableParallelism()),
    passWithNoTests: false,
    ...(process.env['HEDDLE_E2E_KUBECONFIG'] !== undefined && { sequence: { sequencer: ScenarioOrder } }),
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'examples/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'deploy/src/**/*.test.ts',
          ],
          exclude: ['**/*.socket.test.ts', '**/*.netns.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'socket',
          include: ['packages/*/src/**/*.socket.test.ts', 'apps/*/src/**/*.socket.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'netns',
          include: ['packages/*/src/**/*.netns.test.ts', 'apps/*/src/**/*.netns.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'mesh',
          include: ['e2e/in-process/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Only where `pnpm e2e` says which cluster: a test run touches no cluster by itself.
      ...(process.env['HEDDLE_E2E_KUBECONFIG'] === undefined ? [] : [clusterProject]),
    ],
  },
});
