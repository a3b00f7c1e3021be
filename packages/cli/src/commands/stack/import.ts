import { importStack, planStackImport } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { agreeToDemands } from '../../command/agree-to-demands.ts';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { readStackDocument } from '../../command/read-stack-document.ts';
import { formatStackChanges } from '../../output/format-stack-change.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackImport extends MlstackCommand {
  static override description =
    'Shows each environment variable and each source of code that the document would use, and asks.';
  static override args = { file: requiredArgument('Document; - for standard input') };
  static override flags = {
    name: Flags.string({ summary: 'Name of the stack instead of the one in the document' }),
    trust: Flags.boolean({ summary: 'Agree to what the document asks for' }),
  };
  static override completions = { file: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(StackImport);
    const project = this.openProject(flags);
    const document = await readStackDocument(args.file);
    const name = flags.name ?? document.name;
    const { plan } = await planStackImport(project, { ...document, name });
    const trust = await agreeToDemands(plan, flags);
    const done = await importStack(project, document, { name, trust });
    this.log(formatStackChanges({ ...done, references: [], code: [] }));
    this.log(successLine(`Stack "${done.name}" is imported.`));
    return { stack: { name: done.name }, changes: done.changes };
  }
}
