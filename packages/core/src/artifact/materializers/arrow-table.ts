import type { Materializer } from '../materializer.ts';

/** The part of the package `apache-arrow` that is used. */
export interface ArrowLibrary<Table> {
  tableToIPC(table: Table, type: 'file'): Uint8Array;
  tableFromIPC(bytes: Uint8Array): Table;
}

/**
 * Tables of Apache Arrow, in the file `table.arrow` (the Arrow IPC file format, which pandas, Polars and DuckDB read too). Give it
 * the library, so that your own copy is used:
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
    save: async (table, writer) => writer.writeFile('table.arrow', tableToIPC(table, 'file')),
    load: async (reader) => tableFromIPC(await reader.readBytes('table.arrow')),
    preview: (table) => {
      const { numRows, numCols } = table as { readonly numRows?: number; readonly numCols?: number };
      return `table, ${numRows} rows × ${numCols} columns`;
    },
  };
}
