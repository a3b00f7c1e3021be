import { stripVTControlCharacters, styleText } from 'node:util';
import measureText from 'fast-string-truncated-width';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand to the right. */
  readonly align?: 'right';
  /** What a reader types elsewhere, as a name or an id: shown whole, also where the line gets longer than the terminal. */
  readonly isWhole?: boolean;
  /** Sentences and lists, which are made narrow first and go on in the lines below instead of being cut. */
  readonly isProse?: boolean;
  /** Left out of a terminal that is too narrow for it beside the others. */
  readonly isOptional?: boolean;
}

const gap = '  ';
/** A column is never made narrower than this. */
const leastWidth = 8;
const leastProseWidth = 20;

/**
 * Rows under titles. At a terminal prose is wrapped and then the widest columns are cut so that lines fit, but for names; piped, nothing is
 * wrapped or cut.
 *
 * @param width of the terminal; nothing where it is piped.
 */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width = terminalWidth(),
): string {
  const shown = columns.filter((column) => rows.some((row) => column.value(row) !== ''));
  const cells = rows.map((row) => shown.map((column) => column.value(row).replaceAll(/[\r\n\t]+/g, ' ')));
  const widths = shown.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  if (width !== undefined) {
    const isProse = shown.map((column) => column.isProse === true);
    shrink(widths, isProse, leastProseWidth, width);
    shrink(
      widths,
      shown.map((column, index) => column.isWhole !== true && isProse[index] !== true),
      leastWidth,
      width,
    );
    const lineWidth = widths.reduce((sum, one) => sum + one + gap.length, -gap.length);
    const others = shown.filter((column) => column.isOptional !== true);
    if (lineWidth > width && others.length < shown.length) return formatTable(rows, others, width);
  }
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, shown[index]?.align))
      .join(gap)
      .trimEnd();
  const lines = (texts: readonly string[]) => {
    const wrapped = texts.map((text, index) => (shown[index]?.isProse ? wrap(text, widths[index] ?? 0) : [text]));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    return Array.from({ length: height }, (_, row) => line(wrapped.map((parts) => parts[row] ?? '')));
  };
  const titles = styleText('dim', line(shown.map((column) => column.title)));
  return [titles, ...cells.flatMap(lines)].join('\n');
}

/** Lines of words. One that is longer than a line is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two columns without titles: what is told of one thing. Entries without a value are left out. */
export function formatFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  style: 'dim' | 'bold' = 'dim',
): string {
  const shown = fields.filter((field): field is [string, string] => field[1] !== undefined && field[1] !== '');
  const width = Math.max(0, ...shown.map(([name]) => textWidth(name)));
  return shown
    .map(([name, value]) => {
      const [first = '', ...rest] = value.split('\n');
      return [
        `${styleText(style, pad(name, width))}${gap}${first}`,
        ...rest.map((more) => `${' '.repeat(width)}${gap}${more}`),
      ].join('\n');
    })
    .join('\n');
}

/** Columns of the terminal; nothing where output is piped. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
}

/** Every line as much of it as fits. */
export function cutLines(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map((line) => truncate(line, width))
    .join('\n');
}

/** Columns that a text takes in a terminal, without its colours. */
export function textWidth(text: string): number {
  const plain = text.includes('\u001b') ? stripVTControlCharacters(text) : text;
  return narrow.test(plain) ? plain.length : measureText(plain).width;
}

/** Latin text and what this program itself draws: one column each, told without the tables of Unicode, which take a while to load. */
const narrow = /^[\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff–…←↓→↺─│└├○●◌■✔✖]*$/;

/** The text, or as much of it as fits with `…` behind it. Its colours end there. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let left = width - 1;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  for (const piece of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith('\u001b[')) {
      kept += piece;
      continue;
    }
    for (const character of narrow.test(piece) ? piece : segments(piece)) {
      left -= textWidth(character);
      if (left < 0) return `${kept}…${text.includes('\u001b') ? '\u001b[0m' : ''}`;
      kept += character;
    }
  }
  return kept;
}

/** What a reader takes for one character, of however many code points it is made. */
function segments(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

function pad(text: string, width: number, align?: 'right'): string {
  const cut = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'right' ? space + cut : cut + space;
}

/** Takes from the widest of the columns that may give, until a line fits or none of them is wider than `least`. */
function shrink(widths: number[], mayGive: readonly boolean[], least: number, width: number): void {
  let excess = widths.reduce((sum, one) => sum + one, 0) + gap.length * (widths.length - 1) - width;
  const cuttable = () => widths.map((one, index) => (mayGive[index] ? one : 0));
  while (excess > 0) {
    const current = Math.max(...cuttable());
    if (current <= least) return;
    const widest = cuttable().indexOf(current);
    const second = Math.max(least, ...cuttable().filter((_, index) => index !== widest));
    const next = Math.max(Math.min(second, current - 1), current - excess, least);
    excess -= current - next;
    widths[widest] = next;
  }
}
