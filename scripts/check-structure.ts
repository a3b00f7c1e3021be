/**
 * Fails when the repository's structure is not what ARCHITECTURE.md says: `node scripts/check-structure.ts`.
 *
 * - The arrows between packages: a flavor and the command line import core, core imports neither, no flavor imports another.
 * - Each package declares what it imports, and imports files of its own only.
 * - No cycle among the imports that are left when types are erased.
 * - No file named for nothing in particular; a warning for a file of more than 400 lines.
 * - No path of somebody's machine and no registry's host in any tracked text.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, sep } from 'node:path';
import type { ModuleImport } from './module-imports.ts';
import { parseModuleImports } from './module-imports.ts';
import type { PackageManifest } from './package-manifest.ts';
import { readManifest } from './package-manifest.ts';

export interface Finding {
  level: 'error' | 'warning';
  /** Relative to the repository, with forward slashes. */
  file: string;
  message: string;
}

/** Packages of this repository that a package's source may import; every other arrow is wrong. */
const allowedArrows: { importer: RegExp; imports: RegExp }[] = [
  { importer: /^cli$/, imports: /^core$/ },
  { importer: /^flavor-/, imports: /^(core|conformance)$/ },
  { importer: /^conformance$/, imports: /^core$/ },
];

/** Long files that are right as they are, and why. */
const longFiles: Record<string, string> = {
  'packages/core/src/bundle/build-bundle.test.ts': 'what one function makes of projects of all kinds',
  'packages/core/src/bundle/fingerprint-steps.test.ts': 'which edits reach which steps, one case after the other',
  'packages/core/src/run/drive-run.test.ts': 'how one driver runs plans of all kinds',
  'packages/core/src/run/fixtures/memory-metadata-store.ts': 'a whole contract, as short as it can be kept',
  'packages/flavor-local/src/metadata-store/sqlite-metadata-store.test.ts':
    'what befalls one file, one case after the other',
};
const lineLimit = 400;

const meaninglessNames = /^(utils?|helpers?|common|commons|managers?|misc|shared)$/;

const unpublishable: { pattern: RegExp; what: string }[] = [
  { pattern: /(?<![\w.~-])\/(?:root|work|Users\/[\w.-]+|home\/[\w.-]+)\//, what: 'a path of one machine' },
  { pattern: /https?:\/\/(?:registry|npm)\.[\w.-]+/, what: "a registry's host name" },
];

interface SourceFile {
  /** Relative to the package, with forward slashes. */
  path: string;
  lines: number;
  imports: ModuleImport[];
}

export function checkStructure(repository: string): Finding[] {
  const findings: Finding[] = [];
  const packagesFolder = join(repository, 'packages');
  for (const folder of readdirSync(packagesFolder).sort()) {
    const directory = join(packagesFolder, folder);
    if (!existsSync(join(directory, 'package.json'))) continue;
    const sources = readSources(directory);
    const manifest = readManifest(directory);
    for (const finding of [
      ...checkImports(folder, manifest, sources),
      ...checkCycles(sources),
      ...checkNamesAndLength(folder, sources),
    ]) {
      findings.push({ ...finding, file: `packages/${folder}/${finding.file}` });
    }
  }
  return [...findings, ...checkTrackedText(repository)];
}

function readSources(directory: string): SourceFile[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(sep, '/'))
    .filter((file) => /^(src|bin)\/.*\.(ts|tsx|mts|js|mjs)$/.test(file));
  return files.sort().map((path) => {
    const source = readFileSync(join(directory, path), 'utf8');
    return { path, lines: source.split('\n').length - 1, imports: parseModuleImports(path, source) };
  });
}

function checkImports(folder: string, manifest: PackageManifest, sources: SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  const runtime = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  const declared = { ...runtime, ...manifest.devDependencies };
  for (const { path, imports } of sources) {
    const isTest = /\.test(-d)?\.ts$/.test(path) || path.includes('/testing/');
    const report = (message: string) => findings.push({ level: 'error', file: path, message });
    for (const { specifier } of imports) {
      if (specifier.startsWith('.')) {
        const target = posix.join(posix.dirname(path), specifier);
        if (target.startsWith('../')) report(`imports ${specifier}, a file outside its package`);
        continue;
      }
      if (isBuiltin(specifier) || specifier.startsWith('#')) continue;
      const name = packageName(specifier);
      const importedFolder = /^@mlstack\/(.+)$/.exec(name)?.[1];
      if (importedFolder !== undefined && importedFolder !== folder && !isArrowAllowed(folder, importedFolder)) {
        report(`imports ${name}: packages/${folder} must not depend on packages/${importedFolder}`);
      } else if (!(name in declared) && name !== manifest.name && !(isTest && rootTestDependencies.has(name))) {
        report(`imports ${name}, which packages/${folder}/package.json does not declare`);
      }
    }
  }
  return findings;
}

/** Test tools that the workspace's root declares for all packages. */
const rootTestDependencies = new Set(['vitest']);

function isArrowAllowed(importer: string, imported: string): boolean {
  return allowedArrows.some((arrow) => arrow.importer.test(importer) && arrow.imports.test(imported));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Depth-first search over what loading a module loads; each cycle is reported once, at the file that closes it. */
function checkCycles(sources: SourceFile[]): Finding[] {
  const graph = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports
        .filter(({ specifier, typeOnly, dynamic }) => specifier.startsWith('.') && !typeOnly && !dynamic)
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
    ]),
  );
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      const cycle = [...trail.slice(start), path].join(' → ');
      findings.push({ level: 'error', file: trail.at(-1) ?? path, message: `closes an import cycle: ${cycle}` });
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return findings;
}

function checkNamesAndLength(folder: string, sources: SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, lines } of sources) {
    const meaningless = path
      .split('/')
      .map((part) => part.split('.')[0] ?? '')
      .find((part) => meaninglessNames.test(part) || meaninglessNames.test(part.split('-').at(-1) ?? ''));
    if (meaningless !== undefined && !meaningless.endsWith('secrets-manager')) {
      findings.push({ level: 'error', file: path, message: `"${meaningless}" does not say what is inside` });
    }
    if (lines > lineLimit && longFiles[`packages/${folder}/${path}`] === undefined) {
      findings.push({ level: 'warning', file: path, message: `${lines} lines: split it, or give its reason here` });
    }
  }
  return findings;
}

function checkTrackedText(repository: string): Finding[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const findings: Finding[] = [];
  for (const file of new Set(listed.split('\0').filter(Boolean))) {
    const text = readTrackedText(join(repository, file));
    for (const { pattern, what } of unpublishable) {
      const line = text?.split('\n').findIndex((content) => pattern.test(content)) ?? -1;
      if (line !== -1) findings.push({ level: 'error', file, message: `line ${line + 1} has ${what}` });
    }
  }
  return findings;
}

/** Nothing for a binary file and for one that is deleted but not yet committed. */
function readTrackedText(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const findings = checkStructure(dirname(import.meta.dirname));
  for (const { level, file, message } of findings) console.error(`${level}: ${file} ${message}`);
  if (findings.some(({ level }) => level === 'error')) process.exitCode = 1;
}
