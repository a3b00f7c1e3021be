import type { ComponentType } from '@mlstack/core/project';
import { componentTypes } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';

/** One flag for each component type, with its short form. */
export const componentFlags = Object.fromEntries(
  componentTypes.map(({ type, flag, title }) => [
    type,
    Flags.string({ char: flag, summary: `${title} of the stack`, helpValue: '<name>' }),
  ]),
) as Record<ComponentType, ReturnType<typeof optionalName>>;

function optionalName() {
  return Flags.string();
}

export function chosenComponents(
  flags: Readonly<Partial<Record<ComponentType, string | undefined>>>,
): Partial<Record<ComponentType, string>> {
  return Object.fromEntries(
    componentTypes.flatMap(({ type }) => (flags[type] === undefined ? [] : [[type, flags[type]]])),
  );
}
