import type { Project } from '@mlstack/core/project';
import { openProject } from '@mlstack/core/project';
import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import * as Parser from '@oclif/core/parser';
import type { Completion } from '../completion/completion.ts';
import { flavorHost } from '../host/flavor-host.ts';
import { toTerminalText } from '../output/terminal-text.ts';
import { explainParseError } from './explain-parse-error.ts';

/** Flags of every command, beside `--json` and `--help`. */
export const globalFlags = {
  project: Flags.string({
    summary: 'Project to use instead of the one you are in',
    helpGroup: 'GLOBAL',
    helpValue: '<folder>',
  }),
  stack: Flags.string({
    summary: 'Stack to use instead of the active one',
    helpGroup: 'GLOBAL',
    helpValue: '<name>',
  }),
};

export const jsonFlag = Flags.boolean({ summary: 'Print one JSON document', helpGroup: 'GLOBAL' });

/** Version of the documents that `--json` prints. A field may be added within one; none changes or goes. */
export const jsonVersion = 1;

/**
 * A command parses, calls one function of core, renders, and returns the object that `--json` prints. `this.log` prints nothing
 * with `--json`. Errors go up: one place shows them all.
 */
export abstract class MlstackCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = globalFlags;
  /** What completes the value of an argument or flag, by its name. */
  static completions: Readonly<Record<string, Completion>> = {};

  /** Without the reload of the whole config that oclif's own does. */
  static override async run<T extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => T,
    argv: string[] = [],
    config?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    const command = new this(argv, config as Config) as T & { _run(): Promise<ReturnType<T['run']>> };
    return await command._run();
  }

  protected openProject(flags: {
    readonly project?: string | undefined;
    readonly stack?: string | undefined;
  }): Project {
    return openProject({
      host: flavorHost,
      ...(flags.project === undefined ? {} : { directory: flags.project }),
      ...(flags.stack === undefined ? {} : { stack: flags.stack }),
    });
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const definition = options ?? (this.ctor as Interfaces.Input<F, B, A>);
    const flags = { ...definition.flags, ...globalFlags, json: jsonFlag } as Interfaces.FlagInput<F>;
    this.parsed = true;
    try {
      return await Parser.parse(argv ?? this.argv, { ...definition, context: this, flags });
    } catch (error) {
      throw explainParseError(error, this.ctor);
    }
  }

  override async catch(error: Error): Promise<never> {
    throw error;
  }

  override log(message = ''): void {
    super.log(toTerminalText(message));
  }

  override logToStderr(message = ''): void {
    super.logToStderr(toTerminalText(message));
  }

  override toSuccessJson(result: unknown): unknown {
    return { version: jsonVersion, ...(result as object) };
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }
}
