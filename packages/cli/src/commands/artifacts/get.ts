import { getArtifact } from '@mlstack/core/project';
import { abortOnSignals } from '../../command/abort-on-signals.ts';
import { optionalArgument, requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { UsageError } from '../../command/usage-error.ts';
import { formatBytes } from '../../output/format-quantity.ts';
import { successLine } from '../../output/report-success.ts';
import { TerminalWriter } from '../../output/terminal-writer.ts';

export default class ArtifactsGet extends MlstackCommand {
  static override description =
    'Writes the stored files, compared with their hashes on the way. An artifact of several files becomes a folder. Without TO, or with `-`, it goes to standard output; a terminal shows text alone.';
  static override args = {
    artifact: requiredArgument('Id of an artifact'),
    to: optionalArgument('File or folder to write; it must not exist'),
  };
  static override completions = { to: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(ArtifactsGet);
    const to = args.to === '-' ? undefined : args.to;
    if (to === undefined && this.jsonEnabled()) {
      throw new UsageError('With --json the artifact cannot go to standard output.', {
        hint: 'Name a file to write it to.',
      });
    }
    const { signal, dispose } = abortOnSignals();
    const terminal = process.stdout.isTTY ? new TerminalWriter(process.stdout) : undefined;
    const target = to ?? terminal ?? process.stdout;
    const written = await getArtifact(this.openProject(flags), args.artifact, target, { signal });
    dispose();
    if (target === terminal) {
      await new Promise<void>((resolve) => terminal.end(resolve));
      if (!terminal.isText) {
        throw new UsageError(`Artifact "${args.artifact}" is no text that a terminal could show.`, {
          hint: 'Name a file or folder to write it to, or pipe it to a program that reads it.',
        });
      }
    }
    if (to !== undefined) this.log(successLine(`${to} is written, ${formatBytes(written.artifact.size)}.`));
    return written;
  }
}
