import { join } from 'node:path';
import type { FlavorHost } from '../flavor/discover-flavors.ts';
import { programFile, programFlags } from './program-file.ts';

/** What a background driver must know to find its run. */
export interface DriverArguments {
  readonly projectDirectory: string;
  /** A stack with the metadata store that holds the run. */
  readonly stack: string;
  readonly runId: string;
  /** The program that submits the run: flavors that it brings are there for the driver, too. */
  readonly host?: FlavorHost | undefined;
}

/** The program `driver-main` with its arguments, as `parseDriverArguments` reads them. Node 22 would warn of its SQLite. */
export function driverCommand(driver: DriverArguments): [string, ...string[]] {
  const program = programFile('driver-main');
  return [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...programFlags(program),
    program,
    JSON.stringify(driver),
  ];
}

export function parseDriverArguments(argv: readonly string[]): DriverArguments {
  const [, , text] = argv;
  if (text === undefined) throw new TypeError('A driver is started with what driverCommand makes.');
  return JSON.parse(text) as DriverArguments;
}

/** Where a background driver of this machine prints. */
export function driverLogFile(stateDirectory: string, runId: string): string {
  return join(stateDirectory, 'logs', `${runId}.log`);
}
