import type { Materializer } from '../materializer.ts';
import { readWholeFile } from './read-whole-file.ts';

/** The part of the package `apache-arrow` that is used. */
export interface ArrowLibrary<Table> {
  tableToIPC(table: Table, type: 'file' | 'stream'): Uint8Array;
  tableFromIPC(bytes: Uint8Array): Table;
}

/**
 * Tables of Apache Arrow, with their record batches as they are, in the file `value.arrow` (the Arrow IPC file format, which
 * pandas, Polars and DuckDB read too), or `value.arrows` (the IPC streaming format) where several batches have dictionaries: the file
 * format takes one dictionary for each column. Give it the library, so that your own copy is used:
 *
 * ```ts
 * import * as arrow from 'apache-arrow';
 * step({ name: 'rows', outputs: { rows: arrowTable(arrow) }, run: () => ({ rows: arrow.tableFromArrays({ x: [1, 2] }) }) });
 * ```
 */
export function arrowTable<Table>({ tableToIPC, tableFromIPC }: ArrowLibrary<Table>): Materializer<Table> {
  return {
    id: 'arrow-table',
    version: 1,
    async save(table, writer) {
      const { numbered, inStream } = numberDictionaries(table);
      await writer.writeFile(
        inStream ? 'value.arrows' : 'value.arrow',
        tableToIPC(numbered, inStream ? 'stream' : 'file'),
      );
    },
    load: async (reader) => tableFromIPC(await readWholeFile(reader, reader.files[0]?.path ?? 'value.arrow')),
    preview: (table) => {
      const { numRows, numCols } = table as { readonly numRows?: number; readonly numCols?: number };
      return `table, ${numRows} rows × ${numCols} columns`;
    },
  };
}

// What the library's classes have in common in all of its versions, as far as it is used.
interface ArrowType {
  readonly id?: number | null;
  readonly indices?: unknown;
  readonly children?: readonly ArrowField[] | null;
}
interface ArrowField {
  readonly type: ArrowType;
  clone(changes: { readonly type: ArrowType }): ArrowField;
}
interface ArrowSchema {
  readonly fields: readonly ArrowField[];
  readonly metadata: unknown;
  readonly constructor: new (fields: readonly ArrowField[], metadata: unknown) => ArrowSchema;
}
interface ArrowBatch {
  readonly data: unknown;
  readonly constructor: new (schema: ArrowSchema, data: unknown) => ArrowBatch;
}
interface ArrowTable {
  readonly schema: ArrowSchema;
  readonly batches: readonly ArrowBatch[];
  readonly constructor: new (schema: ArrowSchema, batches: readonly ArrowBatch[]) => ArrowTable;
}

/**
 * The same table with its dictionaries numbered from 0. The library numbers those of all tables that a process makes, so that equal
 * tables would have different bytes.
 */
function numberDictionaries<Table>(table: Table): { readonly numbered: Table; readonly inStream: boolean } {
  const { schema, batches, constructor: ArrowTable } = table as ArrowTable;
  const ids = new Map<number, number>();
  const numberType = (type: ArrowType): ArrowType => {
    if (type.indices != null && type.id != null) {
      const id = ids.get(type.id) ?? ids.size;
      ids.set(type.id, id);
      return change(type, { id });
    }
    return type.children?.length ? change(type, { children: type.children.map(numberField) }) : type;
  };
  const numberField = (field: ArrowField): ArrowField => field.clone({ type: numberType(field.type) });
  const fields = schema.fields.map(numberField);
  if (ids.size === 0) return { numbered: table, inStream: false };
  const numberedSchema = new schema.constructor(fields, schema.metadata);
  const numberedBatches = batches.map(({ constructor: ArrowBatch, data }) => new ArrowBatch(numberedSchema, data));
  return { numbered: new ArrowTable(numberedSchema, numberedBatches) as Table, inStream: batches.length > 1 };
}

function change(type: ArrowType, changes: Partial<ArrowType>): ArrowType {
  return Object.assign(Object.create(Object.getPrototypeOf(type)), type, changes);
}
