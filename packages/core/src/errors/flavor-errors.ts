import type { ComponentType } from '../component/component-types.ts';
import { describeComponentType } from '../component/component-types.ts';
import { escapeControls, quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import { MlstackError } from './mlstack-error.ts';

export class FlavorNotFoundError extends MlstackError {
  readonly code = 'FLAVOR_NOT_FOUND';
  /** @param cause what is wrong with the package that should bring it, where that is known. */
  constructor(type: ComponentType, name: string, known: readonly string[], cause?: string) {
    super(`No flavor ${quoteText(name)} of ${describeComponentType(type).title.toLowerCase()} is installed.`, {
      hint: [
        suggestName(name, known),
        cause ??
          `Install the package that brings it (as \`mlstack integration install ${/^[a-z][a-z0-9-]*$/.test(name) && name.length < 40 ? name : '<name>'}\`), or see \`mlstack ${type} flavor list\`.`,
      ]
        .filter((sentence) => sentence !== undefined)
        .join(' '),
    });
  }
}

/** Two packages claim the same type and name. */
export class FlavorConflictError extends MlstackError {
  readonly code = 'FLAVOR_CONFLICT';
  constructor(
    type: ComponentType,
    name: string,
    claims: readonly { readonly package: string; readonly export: string }[],
  ) {
    super(
      `Flavor ${type}/${name} is claimed by more than one package: ${claims.map((claim) => claim.package).join(' and ')}.`,
      {
        hint: `Choose one with ${claims.map((claim) => `\`mlstack ${type} flavor register ${claim.package}#${claim.export}\``).join(' or ')}, or uninstall the other.`,
      },
    );
  }
}

export class FlavorExistsError extends MlstackError {
  readonly code = 'FLAVOR_EXISTS';
  constructor(type: ComponentType, name: string, where: string) {
    super(`A flavor ${type}/${name} is there already: ${where}.`, {
      hint: 'Give yours another name in defineFlavor, or delete the other one first.',
    });
  }
}

export class FlavorInUseError extends MlstackError {
  readonly code = 'FLAVOR_IN_USE';
  constructor(type: ComponentType, name: string, components: readonly string[]) {
    super(`Flavor ${type}/${name} is used by ${components.map((component) => `"${component}"`).join(', ')}.`, {
      hint: `Delete ${components.length === 1 ? 'it' : 'them'} first with \`mlstack ${type} delete\`.`,
    });
  }
}

/** Only flavors that were registered by hand can be deleted. */
export class FlavorNotCustomError extends MlstackError {
  readonly code = 'FLAVOR_NOT_CUSTOM';
  constructor(type: ComponentType, name: string, packageName: string) {
    super(`Flavor ${type}/${name} comes with the package ${packageName}.`, {
      hint: `Uninstall the package to be rid of it; only flavors registered with \`mlstack ${type} flavor register\` can be deleted.`,
    });
  }
}

/** A flavor's module cannot be used. */
export class FlavorLoadError extends MlstackError {
  readonly code = 'FLAVOR_NOT_LOADABLE';
  override readonly kind = 'input' as const;
  /** @param source where the flavor comes from, as in `@mlstack/flavor-s3` or `./store.ts#store`. */
  constructor(source: string, reason: string, hint: string, cause?: unknown) {
    super(`The flavor from ${escapeControls(source)} cannot be used: ${reason}`, { hint, cause });
  }
}
