import { applyStack, diffStack } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { agreeToDemands } from '../../command/agree-to-demands.ts';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { readStackDocument } from '../../command/read-stack-document.ts';
import { formatStackChanges } from '../../output/format-stack-change.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackApply extends MlstackCommand {
  static override description = 'Components and the stack are made or changed; none is deleted.';
  static override args = { file: requiredArgument('Document; - for standard input') };
  static override flags = { trust: Flags.boolean({ summary: 'Agree to what the document asks for' }) };
  static override completions = { file: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(StackApply);
    const project = this.openProject(flags);
    const document = await readStackDocument(args.file);
    const trust = await agreeToDemands(await diffStack(project, document), flags);
    const done = await applyStack(project, document, { trust });
    if (done.changes.length > 0) this.log(formatStackChanges({ ...done, references: [], code: [] }));
    this.log(
      successLine(
        done.changes.length === 0
          ? `Stack "${done.name}" is so already.`
          : `Stack "${done.name}" is what the document says.`,
      ),
    );
    return { stack: { name: done.name }, changes: done.changes };
  }
}
