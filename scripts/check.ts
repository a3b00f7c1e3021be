/**
 * Runs what must hold before a change is accepted and ends with one line, `N passed, N failed`: `node scripts/check.ts [group…]`.
 *
 * Groups: `test` (the default) needs no server; `integration` runs against real servers and names what it skips without them.
 * A step counts once, a test run counts its tests. All steps run, so that one call shows all that is wrong.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface Tally {
  passed: number;
  failed: number;
  /** Which tests failed and with what, a line each. */
  failures?: string[];
}

interface Step {
  name: string;
  run: () => Tally;
}

const repository = dirname(import.meta.dirname);

function runCommand(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

const command =
  (...commandLine: [string, ...string[]]) =>
  (): Tally =>
    runCommand(...commandLine) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

/** What vitest's JSON reporter writes, as far as it is read here. */
interface TestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { title: string; status: string; failureMessages?: string[] }[];
  }[];
}

const firstLine = (text = '') => stripVTControlCharacters(text).trim().split('\n', 1)[0];

function listFailures({ testResults }: TestReport): string[] {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = name.slice(repository.length + 1);
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [`${file}: ${firstLine(message)}`];
      return failed.map(({ title, failureMessages }) => `${file}: ${title}: ${firstLine(failureMessages?.[0])}`);
    });
}

/** The tests of one project of vitest.config.ts; a file that fails outside its tests counts as one failed test. */
const tests = (project: string) => (): Tally => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-check-'));
  const reportFile = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const succeeded = runCommand('vitest', 'run', '--passWithNoTests', '--project', project, ...reporters);
    const report: TestReport = JSON.parse(readFileSync(reportFile, 'utf8'));
    const failures = listFailures(report);
    for (const { name, assertionResults } of report.testResults) {
      const skipped = assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped');
      for (const { title } of skipped) console.log(`SKIPPED: ${name.slice(repository.length + 1)}: ${title}`);
    }
    return { passed: report.numPassedTests, failed: Math.max(failures.length, succeeded ? 0 : 1), failures };
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const groups: Record<string, Step[]> = {
  test: [
    { name: 'lint and format', run: command('biome', 'check', '--error-on-warnings') },
    { name: 'structure', run: command('node', 'scripts/check-structure.ts') },
    { name: 'types of the scripts', run: command('tsc', '--project', 'tsconfig.json') },
    {
      name: 'types and build',
      run: command('turbo', 'run', 'typecheck', 'build', '--continue', '--output-logs=errors-only'),
    },
    { name: 'unit tests', run: tests('unit') },
    { name: 'pack', run: command('node', 'scripts/pack.ts') },
    { name: 'packages', run: command('node', 'scripts/check-packages.ts') },
    { name: 'end-to-end tests', run: tests('e2e') },
  ],
  integration: [
    { name: 'integration tests', run: tests('integration') },
    { name: 'end-to-end tests on real servers', run: tests('e2e-integration') },
  ],
};

function runSteps(steps: Step[]): Tally {
  const total: Tally = { passed: 0, failed: 0 };
  const summary: string[] = [];
  const allFailures: string[] = [];
  for (const { name, run } of steps) {
    console.log(`\n── ${name}`);
    const start = performance.now();
    const { passed, failed, failures = [] } = run();
    total.passed += passed;
    total.failed += failed;
    const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
    summary.push(`${failed === 0 ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}: ${passed} passed, ${failed} failed`);
    allFailures.push(...failures);
  }
  // Last, so that who keeps only the end of the output has it.
  console.log(`\n${[...summary, ...allFailures.map((failure) => `FAILED ${failure}`)].join('\n')}`);
  return total;
}

const requested = process.argv.length > 2 ? process.argv.slice(2) : ['test'];
const unknown = requested.find((name) => groups[name] === undefined);
if (unknown === undefined) {
  const install: Step = { name: 'install', run: command('pnpm', 'install', '--frozen-lockfile') };
  const { passed, failed } = runSteps([install, ...requested.flatMap((name) => groups[name] ?? [])]);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
} else {
  console.error(`There is no group "${unknown}"; there are ${Object.keys(groups).join(' and ')}.`);
  process.exitCode = 2;
}
