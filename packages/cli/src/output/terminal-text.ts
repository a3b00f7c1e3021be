// biome-ignore lint/suspicious/noControlCharactersInRegex: what this is about
const controls = /\u001b\[[0-9;:]*m|\r\n?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const controlPictures = 0x2400;

/**
 * What others wrote (steps, packages, servers, documents), as a terminal may get it: colours stay, line ends become lines, every other
 * control character is shown and not obeyed.
 */
export function toTerminalText(text: string): string {
  return text.replace(controls, (control) => {
    if (control.length > 2) return control;
    if (control.startsWith('\r')) return '\n';
    const code = control.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(controlPictures + code);
    return code === 0x7f ? '␡' : `\\x${code.toString(16)}`;
  });
}
