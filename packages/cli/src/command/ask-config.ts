import type { ConfigEntry, ConfigField } from '@mlstack/core/project';
import { canAsk } from './confirm.ts';
import { InterruptedError, NoTerminalError } from './usage-error.ts';

/** Asks for the fields that were not given. An empty answer leaves a field out. */
export async function askConfig(fields: readonly ConfigField[], given: readonly ConfigEntry[]): Promise<ConfigEntry[]> {
  if (!canAsk()) throw new NoTerminalError('-i asks for the fields.', 'Give them as --key=value.');
  const prompts = await import('@clack/prompts');
  const entries: ConfigEntry[] = [];
  for (const field of fields) {
    if (given.some(({ key }) => key === field.name || key.startsWith(`${field.name}.`))) continue;
    const answer = await askField(prompts, field);
    if (prompts.isCancel(answer)) throw new InterruptedError();
    const text = String(answer ?? '').trim();
    if (text !== '') entries.push({ key: field.name, text });
  }
  return entries;
}

async function askField(prompts: typeof import('@clack/prompts'), field: ConfigField): Promise<unknown> {
  const message = [field.name, field.description].filter((text) => text !== undefined).join(': ');
  const output = process.stderr;
  if (field.enum !== undefined) {
    const options = field.enum.map((value) => ({ value: String(value) }));
    const skip = field.required ? [] : [{ value: '', label: 'leave it out' }];
    return await prompts.select({ message, options: [...options, ...skip], output });
  }
  if (field.sensitive) {
    const variable = await prompts.text({
      message: `${message} (secret: name the environment variable that holds it)`,
      validate: (text) =>
        /^[A-Za-z_]\w*$/.test(text ?? '') || (!field.required && !text)
          ? undefined
          : 'A name of a variable is expected',
      output,
    });
    return prompts.isCancel(variable) || !variable ? variable : `{{env.${variable}}}`;
  }
  return await prompts.text({
    message,
    placeholder: placeholderOf(field),
    validate: (text) => (field.required && (text ?? '').trim() === '' ? 'It is required' : undefined),
    output,
  });
}

function placeholderOf({ default: value, required, type }: ConfigField): string {
  if (value !== undefined) return `${typeof value === 'string' ? value : JSON.stringify(value)} if left empty`;
  return required ? type : `${type}, may be left empty`;
}
