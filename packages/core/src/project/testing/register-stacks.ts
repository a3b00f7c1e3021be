/** A process that registers stacks one after the other: `node register-stacks.ts <registry.json> <prefix> <how many>`. */
import { dirname } from 'node:path';
import { StackRegistry } from '../stack-registry.ts';

const [file = '', prefix = '', count = '1'] = process.argv.slice(2);
const registry = new StackRegistry(dirname(file));
try {
  for (let index = 0; index < Number(count); index++) {
    await registry.update((document) => ({
      ...document,
      stacks: [...document.stacks, { name: `${prefix}-${index}`, components: {} }],
    }));
  }
} catch (error) {
  process.stderr.write(`${String((error as { code?: string }).code)}: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
