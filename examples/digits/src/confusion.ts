/** How well digits were read. */
export interface Confusion {
  /** Share of the digits that were read right. */
  readonly accuracy: number;
  /** How often each digit was taken for each other one: `counts[actual][guessed]`. */
  readonly counts: readonly (readonly number[])[];
}

export function confusionOf(actual: Uint8Array, guessed: Uint8Array): Confusion {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  let right = 0;
  actual.forEach((digit, index) => {
    const row = counts[digit] as number[];
    const guess = guessed[index] as number;
    row[guess] = (row[guess] as number) + 1;
    if (guess === digit) right++;
  });
  return { accuracy: right / actual.length, counts };
}

/** The counts as a picture that any browser opens. */
export function drawConfusion(counts: Confusion['counts'], title: string): string {
  const cell = 44;
  const left = 70;
  const top = 80;
  const cells = counts.flatMap((row, actual) => {
    const most = Math.max(...row);
    return row.map((count, guessed) => {
      const x = left + guessed * cell;
      const y = top + actual * cell;
      const strength = count === 0 ? 0 : 0.12 + 0.88 * (count / most);
      const fill =
        actual === guessed
          ? `rgba(22,110,90,${strength.toFixed(2)})`
          : `rgba(200,60,40,${Math.min(1, strength * 3).toFixed(2)})`;
      const text =
        count === 0
          ? ''
          : `<text x="${x + cell / 2}" y="${y + cell / 2 + 5}" fill="${strength > 0.5 ? '#fff' : '#222'}">${count}</text>`;
      return `<rect x="${x}" y="${y}" width="${cell - 2}" height="${cell - 2}" rx="4" fill="${count === 0 ? '#f3f3f1' : fill}"/>${text}`;
    });
  });
  const labels = Array.from({ length: 10 }, (_, digit) => {
    const middle = digit * cell + cell / 2;
    return `<text class="axis" x="${left + middle - 1}" y="${top - 10}">${digit}</text><text class="axis" x="${left - 16}" y="${top + middle + 5}">${digit}</text>`;
  });
  const width = left + 10 * cell + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top + 10 * cell + 20}" font-family="sans-serif" font-size="14" text-anchor="middle">`,
    '<style>.axis{fill:#666;font-weight:bold}.title{font-size:17px;fill:#222}.note{fill:#666;font-size:12px}</style>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text class="title" x="${width / 2}" y="26">${title}</text>`,
    `<text class="note" x="${width / 2}" y="46">rows: the digit that was written, columns: the digit that was read</text>`,
    ...labels,
    ...cells,
    '</svg>',
    '',
  ].join('\n');
}
