import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { initializeProject } from '../initialize-project.ts';
import { Project } from '../project.ts';

/** A folder of this test alone, gone when it is over. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes files below a folder: text as it is, anything else as JSON. */
export function writeFiles(directory: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
}

/** An initialized project whose dependency `mlstack-flavor-fixture` brings flavors for every case. */
export function createFixtureProject(): Project {
  const directory = temporaryDirectory();
  writeFiles(directory, {
    'package.json': { name: 'project', type: 'module', dependencies: { 'mlstack-flavor-fixture': '1.0.0' } },
    ...fixturePackage('node_modules/mlstack-flavor-fixture'),
  });
  initializeProject(directory);
  return new Project(directory, 'chosen');
}

export function fixturePackage(folder: string, name = 'mlstack-flavor-fixture'): Record<string, unknown> {
  const entry = (type: string, flavor: string, exported: string) => ({
    type,
    name: flavor,
    module: './flavors.js',
    export: exported,
    summary: `the ${exported} of the tests`,
  });
  return {
    [`${folder}/package.json`]: {
      name,
      version: '1.0.0',
      type: 'module',
      exports: './flavors.js',
      mlstack: {
        manifestVersion: 1,
        flavors: [
          entry('orchestrator', 'local', 'orchestrator'),
          entry('artifact-store', 'local', 'artifactStore'),
          entry('artifact-store', 'bucket', 'bucket'),
          entry('metadata-store', 'local', 'metadataStore'),
          entry('alerter', 'chat', 'alerter'),
        ],
      },
    },
    [`${folder}/flavors.js`]: fixtureFlavors,
  };
}

/** The metadata store counts what a file `counts.json` at its path says, so that a test decides what is recorded. */
const fixtureFlavors = `
import { readFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Alerter, ArtifactStore, MetadataStore, Orchestrator, defineFlavor, location, sensitive, z } from '@mlstack/core/flavor';

class FixtureOrchestrator extends Orchestrator {
  async status() { return this.config.broken ? { state: 'failed', message: 'broken on purpose' } : { state: 'ready' }; }
  async provision() { if (this.config.broken) throw new Error('broken on purpose'); return { outcome: 'not-applicable' }; }
}
export const orchestrator = defineFlavor({
  type: 'orchestrator', name: 'local', contractVersion: 1, capabilities: { reach: 'machine' },
  config: z.object({
    concurrency: z.int().positive().optional().describe('How many steps at once'),
    isolation: z.enum(['worker', 'in-process']).default('worker'),
    broken: z.boolean().optional(),
    _cache: z.string().optional(),
  }),
  stackRules: [({ components }) => components['artifact-store']?.config.path === '/forbidden'
    ? [{ path: ['orchestrator'], message: 'cannot reach /forbidden' }] : []],
  implementation: FixtureOrchestrator,
});

class FixtureArtifactStore extends ArtifactStore {
  get directory() { return resolve(this.context.projectDirectory, this.config.path); }
  async status() { return { state: existsSync(this.directory) ? 'ready' : 'not-provisioned' }; }
  async provision() {
    if (existsSync(this.directory)) return { outcome: 'unchanged' };
    mkdirSync(this.directory, { recursive: true });
    return { outcome: 'changed' };
  }
  async deprovision() {
    if (!existsSync(this.directory)) return { outcome: 'unchanged' };
    rmSync(this.directory, { recursive: true });
    return { outcome: 'changed' };
  }
}
export const artifactStore = defineFlavor({
  type: 'artifact-store', name: 'local', contractVersion: 1,
  capabilities: { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false },
  config: z.object({ path: location(z.string().default('.mlstack/artifacts')) }),
  implementation: FixtureArtifactStore,
});
export const bucket = defineFlavor({
  type: 'artifact-store', name: 'bucket', contractVersion: 1,
  capabilities: { supportedSchemes: ['s3'], reach: 'network', presignedUrls: true },
  config: z.object({
    path: location(z.string()).describe('s3://bucket/prefix'),
    secretKey: sensitive(z.string().min(8)).optional(),
    endpoint: z.url().optional(),
    parts: z.int().min(1).default(4),
    retry: z.object({ attempts: z.int().default(3), token: sensitive(z.string()).optional() }).optional(),
    tags: z.array(z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    owner: z.string().nullable().optional(),
  }),
  implementation: () => FixtureArtifactStore,
});

class FixtureMetadataStore extends MetadataStore {
  get file() { return resolve(this.context.projectDirectory, this.config.path, 'counts.json'); }
  async status() { return { state: existsSync(this.file) ? 'ready' : 'not-provisioned' }; }
  async countArtifacts(id) { return JSON.parse(readFileSync(this.file, 'utf8'))[id] ?? 0; }
  async listRuns() { return { items: JSON.parse(readFileSync(this.file, 'utf8')).runs ?? [] }; }
}
export const metadataStore = defineFlavor({
  type: 'metadata-store', name: 'local', contractVersion: 1,
  config: z.object({ path: location(z.string().default('.mlstack/metadata.db')) }),
  implementation: FixtureMetadataStore,
});

class FixtureAlerter extends Alerter {
  async diagnose({ artifactStore, signal }) {
    if (this.config.channel === 'silent') await new Promise(() => {});
    if (this.config.channel === 'patient') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return [{ level: 'problem', subject: 'channel', message: 'was still waiting', fix: 'Wait longer.' }];
    }
    const { name } = await artifactStore();
    return [{ level: 'warning', subject: 'store', message: 'beside ' + name, fix: 'Do not use ' + this.config.token }];
  }
  async *logs() { yield 'posted to ' + this.config.channel; yield 'with ' + this.config.token; }
}
export const alerter = defineFlavor({
  type: 'alerter', name: 'chat', contractVersion: 1,
  config: z.object({ channel: z.string(), token: sensitive(z.string()).optional() }),
  implementation: FixtureAlerter,
});
`;
