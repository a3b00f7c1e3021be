import { programFile, programFlags } from './program-file.ts';

/** What a background driver must know to find its run. */
export interface DriverArguments {
  readonly projectDirectory: string;
  /** A stack with the metadata store that holds the run. */
  readonly stack: string;
  readonly runId: string;
}

/** The program `driver-main` with its arguments, as `parseDriverArguments` reads them. */
export function driverCommand({ projectDirectory, stack, runId }: DriverArguments): [string, ...string[]] {
  const program = programFile('driver-main');
  return [process.execPath, ...programFlags(program), program, projectDirectory, stack, runId];
}

export function parseDriverArguments(argv: readonly string[]): DriverArguments {
  const [projectDirectory, stack, runId] = argv.slice(2);
  if (projectDirectory === undefined || stack === undefined || runId === undefined) {
    throw new TypeError('A driver is started with the folder of a project, the name of a stack and the id of a run.');
  }
  return { projectDirectory, stack, runId };
}
