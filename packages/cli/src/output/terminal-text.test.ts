import { expect, test } from 'vitest';
import { toTerminalText } from './terminal-text.ts';

test.each([
  ['colours stay', '\u001b[31mred\u001b[0m and \u001b[38;2;1;2;3mmore\u001b[m', undefined],
  [
    'colours end with the text',
    '\u001b[31mred\u001b[1mbold\u001b[22m',
    '\u001b[31mred\u001b[1mbold\u001b[22m\u001b[0m',
  ],
  [
    'colours that were ended are left alone',
    '\u001b[1;4;97ma\u001b[22;24m\u001b[48;5;39mb\u001b[49m\u001b[39m',
    undefined,
  ],
  ['lines and tabs stay', 'a\n\tb', undefined],
  ['the title of the window is left alone', '\u001b]0;owned\u0007', '␛]0;owned␇'],
  ['nothing that was told is erased', 'failed\u001b[2K\u001b[1A\u001b[1Gsucceeded', 'failed␛[2K␛[1A␛[1Gsucceeded'],
  ['nothing is written over', '10%\r20%\r\nfailed\b\b', '10%\n20%\nfailed␈␈'],
  ['what C1 controls say is shown', '\u009b2J\u009d0;x\u009c', '\\x9b2J\\x9d0;x\\x9c'],
  ['a colour that is none is shown', '\u001b[31', '␛[31'],
  ['delete and null are shown', '\u007f\u0000', '␡␀'],
])('%s', (_, text, shown) => {
  expect(toTerminalText(text)).toBe(shown ?? text);
});
