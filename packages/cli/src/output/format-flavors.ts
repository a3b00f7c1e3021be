import type { FlavorListing } from '@mlstack/core/project';
import { formatTable } from './format-table.ts';

/** @param withType shows the type of each. */
export function formatFlavors(flavors: readonly FlavorListing[], { withType }: { readonly withType: boolean }): string {
  if (flavors.length === 0) return 'There are no flavors. Install one with `mlstack integration install NAME`.';
  return formatTable(flavors, [
    { title: 'TYPE', value: (flavor) => (withType ? flavor.type : '') },
    { title: 'FLAVOR', value: (flavor) => flavor.name, isWhole: true },
    { title: 'FROM', value: originOf },
    { title: 'READY', value: (flavor) => (flavor.ready ? 'yes' : `no: ${flavor.reason ?? 'unknown'}`), isProse: true },
    { title: 'SUMMARY', value: (flavor) => flavor.summary, isProse: true },
  ]);
}

function originOf({ origin, package: name, version, source }: FlavorListing): string {
  if (origin === 'project') return `this project, ${source ?? ''}`;
  return `${name ?? ''} ${version ?? ''}${origin === 'built-in' ? ' (built in)' : ''}`;
}
