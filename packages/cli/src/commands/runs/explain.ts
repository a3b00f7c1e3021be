import { styleText } from 'node:util';
import type { NodeExplanation } from '@mlstack/core/project';
import { explainRun } from '@mlstack/core/project';
import { pageFlags, pageOptions } from '../../command/arguments.ts';
import { chooseRun, runArgument } from '../../command/choose-run.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { stateMark } from '../../output/state-mark.ts';

export default class RunsExplain extends MlstackCommand {
  static override args = { run: runArgument };
  static override flags = pageFlags;

  async run() {
    const { args, flags } = await this.parse(RunsExplain);
    const project = this.openProject(flags);
    const explanation = await explainRun(project, await chooseRun(project, args.run), pageOptions(flags));
    this.log(explanation.steps.map(formatExplanation).join('\n') + nextPageLine(explanation.next));
    return { run: explanation };
  }
}

function formatExplanation({ nodeId, state, reason, comparedWith, differences }: NodeExplanation): string {
  const than =
    comparedWith === undefined || differences.length === 0
      ? ''
      : styleText('dim', `  compared with ${comparedWith.runName}`);
  const lines = differences.map(({ part, before, after }) => {
    if (before === undefined) return `    ${part}: new`;
    if (after === undefined) return `    ${part}: gone`;
    return `    ${part}: ${shortenHashes(before)} → ${shortenHashes(after)}`;
  });
  return [`${stateMark(state)} ${nodeId}: ${reason}${than}`, ...lines].join('\n');
}

function shortenHashes(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b/g, (hash) => hash.slice(0, 12));
}
