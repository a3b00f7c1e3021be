import type { ComponentType, JsonObject, Project } from '@mlstack/core/project';
import { describeFlavor, parseConfigEntries } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import { refuseAmbiguousFlags, takeConfigArguments } from './config-arguments.ts';

/** Reads the fields of a flavor from a command line, and asks for the others where that is wanted. The schema judges the values later, all at once. */
export async function readFlavorConfig(
  project: Project,
  type: ComponentType,
  flavorName: string,
  {
    argv,
    command,
    interactive,
  }: {
    readonly argv: readonly string[];
    readonly command: Pick<Command.Class, 'flags'>;
    readonly interactive: boolean;
  },
): Promise<JsonObject> {
  const { fields } = await describeFlavor(project, type, flavorName);
  const booleans = fields.filter((field) => field.type === 'boolean').map((field) => field.name);
  const given = takeConfigArguments(argv, command, new Set(booleans));
  refuseAmbiguousFlags(
    given,
    command,
    fields.map((field) => field.name),
  );
  const asked = interactive ? await (await import('./ask-config.ts')).askConfig(fields, given.entries) : [];
  return await parseConfigEntries(await project.flavors.load(type, flavorName), [...given.entries, ...asked]);
}
