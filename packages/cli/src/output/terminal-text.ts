// biome-ignore lint/suspicious/noControlCharactersInRegex: what this is about
const controls = /\u001b\[[0-9;:]*m|\r\n?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const controlPictures = 0x2400;

/**
 * What others wrote (steps, packages, servers, documents), as a terminal may get it: colours stay and end with the text, line ends become
 * lines, every other control character is shown and not obeyed.
 */
export function toTerminalText(text: string): string {
  const colours: string[] = [];
  const shown = text.replace(controls, (control) => {
    if (control.length > 2) {
      colours.push(control);
      return control;
    }
    if (control.startsWith('\r')) return '\n';
    const code = control.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(controlPictures + code);
    return code === 0x7f ? '␡' : `\\x${code.toString(16)}`;
  });
  return isLeftOpen(colours) ? `${shown}\u001b[0m` : shown;
}

/** By what begins a style: what ends it. */
const ends = [
  [/^[12]$/, 22],
  [/^(3|20)$/, 23],
  [/^(4|21)$/, 24],
  [/^[56]$/, 25],
  [/^7$/, 27],
  [/^8$/, 28],
  [/^9$/, 29],
  [/^(3|9)\d$/, 39],
  [/^(4|10)\d$/, 49],
  [/^58$/, 59],
] as const;

function isLeftOpen(colours: readonly string[]): boolean {
  const open = new Set<number>();
  for (const colour of colours) {
    for (const code of colour.slice(2, -1).split(/[;:]/)) {
      if (Number(code) === 0) open.clear();
      else if (ends.some(([, end]) => end === Number(code))) open.delete(Number(code));
      else open.add(ends.find(([begin]) => begin.test(code))?.[1] ?? 0);
      // The numbers after it say which colour.
      if (/^[345]8$/.test(code)) break;
    }
  }
  return open.size > 0;
}
