import { parseArgs } from 'node:util';
import type { ComponentType } from '@mlstack/core/project';
import { describeFlavor, findProject, listFlavors, openProject, Project } from '@mlstack/core/project';
import { flavorHost } from '../host/flavor-host.ts';
import { fieldType, flattenFields } from '../output/format-config-fields.ts';

export interface FlavorFieldHelp {
  readonly text: string;
  /** Fields as help shows flags; with `--flavor` alone. */
  readonly flags: Readonly<Record<string, object>>;
}

/** What `register --help` says of flavors: those there are, and with `--flavor=X` the fields of that one. */
export async function describeFlavorFields(type: ComponentType, argv: readonly string[]): Promise<FlavorFieldHelp> {
  const { values } = parseArgs({
    args: [...argv],
    options: { flavor: { type: 'string', short: 'f' }, project: { type: 'string' } },
    strict: false,
  });
  const project = findExistingProject(typeof values.project === 'string' ? values.project : undefined);
  if (typeof values.flavor !== 'string') {
    const names =
      project === undefined ? [] : listFlavors(project, type).map((flavor) => `  ${flavor.name}  ${flavor.summary}`);
    const list = names.length === 0 ? '' : `Flavors:\n${names.join('\n')}\n\n`;
    return { text: `${list}With --flavor=FLAVOR, this help lists the fields of that flavor.`, flags: {} };
  }
  const { fields, name } = await describeFlavor(project ?? openProject({ host: flavorHost }), type, values.flavor);
  const flags = flattenFields(fields).map((field) => {
    const notes = [
      field.description,
      field.required ? 'required' : undefined,
      field.sensitive ? 'secret: a reference as {{env.NAME}}' : undefined,
      field.default === undefined
        ? undefined
        : `default: ${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}`,
    ].filter((note) => note !== undefined);
    return [
      isReserved(field.name) ? `config.${field.name}` : field.name,
      {
        type: 'option',
        helpGroup: `FLAVOR ${name}`,
        helpValue: `<${fieldType(field)}>`,
        summary: notes.join('; '),
      },
    ];
  });
  return { text: '', flags: Object.fromEntries(flags) };
}

function isReserved(name: string): boolean {
  return ['project', 'stack', 'json', 'help', 'flavor', 'interactive'].includes(name);
}

/** Help makes no project where there is none. */
function findExistingProject(directory: string | undefined): Project | undefined {
  if (directory !== undefined || process.env.MLSTACK_PROJECT) {
    return openProject({ host: flavorHost, ...(directory === undefined ? {} : { directory }) });
  }
  const found = findProject(process.cwd());
  return found === undefined ? undefined : new Project(found, 'found', { host: flavorHost });
}
