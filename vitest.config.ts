import { defineConfig } from 'vitest/config';

// Packages see each other's source: the condition stands first in every package's exports and is not published.
const conditions = ['mlstack-source', 'node', 'import', 'default'];
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
          // Some start processes: a busy machine takes its time.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Bundles of user code are loaded by Node itself, as they are outside of tests.
          server: { deps: { external: [/[/\\]\.mlstack[/\\]/] } },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
          globalSetup: ['e2e/install-packages.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'e2e-integration',
          include: ['e2e/**/*.integration.test.ts'],
          globalSetup: ['e2e/install-packages.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // The servers are shared, and tests stop and restart them.
          fileParallelism: false,
        },
      },
    ],
  },
});
