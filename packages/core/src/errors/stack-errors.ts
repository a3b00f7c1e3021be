import type { ComponentType } from '../component/component-types.ts';
import { describeComponentType } from '../component/component-types.ts';
import { quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import { MlstackError } from './mlstack-error.ts';

/** `artifact store "prod"`: how messages name a component. */
export function componentLabel(type: ComponentType, name: string): string {
  return `${describeComponentType(type).title.toLowerCase()} ${quoteText(name)}`;
}

export class StackNotFoundError extends MlstackError {
  readonly code = 'STACK_NOT_FOUND';
  constructor(name: string, known: readonly string[]) {
    super(`There is no stack ${quoteText(name)} in this project.`, {
      hint: suggestName(name, known) ?? 'Run `mlstack stack list`, or register one with `mlstack stack register`.',
    });
  }
}

export class StackExistsError extends MlstackError {
  readonly code = 'STACK_EXISTS';
  constructor(name: string) {
    super(`A stack named "${name}" exists already.`, {
      hint: 'Choose another name (case does not count), or change it with `mlstack stack update`.',
    });
  }
}

export class StackActiveError extends MlstackError {
  readonly code = 'STACK_IS_ACTIVE';
  constructor(name: string) {
    super(`Stack "${name}" is the active one and cannot be deleted.`, {
      hint: 'Make another one active first with `mlstack stack set`.',
    });
  }
}

/** An operation wants a component that the stack does not have. */
export class ComponentMissingError extends MlstackError {
  readonly code = 'COMPONENT_MISSING';
  constructor(stack: string, type: ComponentType) {
    super(`Stack "${stack}" has no ${describeComponentType(type).title.toLowerCase()}.`, {
      hint: `Give it one with \`mlstack stack update ${stack} --${type} <name>\`.`,
    });
  }
}

export class ComponentNotFoundError extends MlstackError {
  readonly code = 'COMPONENT_NOT_FOUND';
  constructor(type: ComponentType, name: string, known: readonly string[]) {
    super(`There is no ${componentLabel(type, name)} in this project.`, {
      hint: suggestName(name, known) ?? `Register one with \`mlstack ${type} register\`.`,
    });
  }
}

export class ComponentExistsError extends MlstackError {
  readonly code = 'COMPONENT_EXISTS';
  constructor(type: ComponentType, name: string) {
    super(`The ${componentLabel(type, name)} exists already.`, {
      hint: `Choose another name (case does not count), or change it with \`mlstack ${type} update ${name}\`.`,
    });
  }
}

export class ComponentInUseError extends MlstackError {
  readonly code = 'COMPONENT_IN_USE';
  readonly stacks: readonly string[];
  constructor(type: ComponentType, name: string, stacks: readonly string[]) {
    super(`The ${componentLabel(type, name)} is used by ${stacks.map((stack) => `stack "${stack}"`).join(', ')}.`, {
      hint: `Give ${stacks.length === 1 ? 'that stack' : 'these stacks'} another one with \`mlstack stack update\`, or delete ${stacks.length === 1 ? 'it' : 'them'}, first.`,
    });
    this.stacks = stacks;
  }
}

/** A field that says where data lies would change while records point into it. */
export class LocationInUseError extends MlstackError {
  readonly code = 'LOCATION_IN_USE';
  constructor(type: ComponentType, name: string, fields: readonly string[], records: string) {
    super(`${fields.join(', ')} of ${componentLabel(type, name)} cannot change: ${records}.`, {
      hint: `Register another component with the new location and make a stack with it; what was recorded stays where it is.`,
    });
  }
}

/** A document refers to environment variables or code that nobody has agreed to yet. Nothing was changed. */
export class TrustRequiredError extends MlstackError {
  readonly code = 'TRUST_REQUIRED';
  constructor(subject: string, wants: readonly string[]) {
    super(`${subject} would use what you have not agreed to:\n${wants.map((want) => `  ${want}`).join('\n')}`, {
      hint: 'If you trust where it comes from, repeat the command with --trust.',
    });
  }
}
