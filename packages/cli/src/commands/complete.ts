import { MlstackCommand } from '../command/mlstack-command.ts';
import { completeWords } from '../completion/complete-words.ts';

/** What the shells' scripts call: `complete -- WORDS`, the last of which is the one to complete. Says nothing about what is wrong. */
export default class Complete extends MlstackCommand {
  static override strict = false;

  async run(): Promise<void> {
    const separator = this.argv.indexOf('--');
    this.parsed = true;
    try {
      const candidates = await completeWords(this.argv.slice(separator + 1));
      process.stdout.write(candidates.map(({ value, summary = '' }) => `${value}\t${summary}\n`).join(''));
    } catch {
      // A shell in the middle of a line has no use for an error.
    }
  }

  override jsonEnabled(): boolean {
    return false;
  }
}
