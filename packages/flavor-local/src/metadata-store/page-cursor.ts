import type { Page, PageOptions } from '@mlstack/core/flavor';
import { ValidationError } from '@mlstack/core/flavor';

const defaultLimit = 50;

/** The place after which a page begins: the sort key of the last item before it. */
export type Place = readonly (string | number)[];

export interface PageRequest<After extends Place> {
  readonly limit: number;
  /** Undefined for the first page. */
  readonly after: After | undefined;
}

/** @param shape a place of this list, as an example of its types. */
export function parsePageOptions<After extends Place>(
  { limit = defaultLimit, cursor }: PageOptions,
  shape: After,
): PageRequest<After> {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new ValidationError('The page', [{ path: ['limit'], message: `${limit} is not a whole number above 0` }]);
  }
  return { limit, after: cursor === undefined ? undefined : parseCursor(cursor, shape) };
}

/** @param rows up to one more than `limit`: its presence tells that another page follows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toPlace: (row: Row) => Place,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last !== undefined ? formatCursor(toPlace(last)) : undefined;
  return { items: items.map(toItem), ...(next === undefined ? {} : { next }) };
}

function formatCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function parseCursor<After extends Place>(cursor: string, shape: After): After {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (isLike(place, shape)) return place;
  } catch {}
  throw new ValidationError('The page', [
    {
      path: ['cursor'],
      message: 'it is no cursor of this list',
      hint: 'Begin with the first page, without a cursor.',
    },
  ]);
}

function isLike<After extends Place>(value: unknown, shape: After): value is After {
  return (
    Array.isArray(value) &&
    value.length === shape.length &&
    shape.every((part, index) => typeof part === typeof value[index])
  );
}
