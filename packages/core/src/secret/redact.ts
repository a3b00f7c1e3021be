/** What stands in the place of a secret. */
export const redactedText = '***';

/** Values shorter than this are too common as parts of words to be replaced in text. */
const leastLength = 4;

/** The secret values that a process has met, so that none leaves it in what it prints or stores. */
export class SecretValues {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Also in the forms in which it appears in JSON, in URLs and in Base64. A value of several lines counts line by line, too. */
  add(value: string): void {
    for (const text of new Set([value, ...value.split(/\r?\n/)])) {
      if (text.trim().length < leastLength) continue;
      for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), toBase64(text)]) {
        this.#values.add(form);
      }
    }
    this.#pattern = undefined;
  }

  /** Longest first. */
  values(): string[] {
    return [...this.#values].sort((one, other) => other.length - one.length);
  }

  redact(text: string): string {
    if (this.#values.size === 0) return text;
    this.#pattern ??= new RegExp(this.values().map(escapePattern).join('|'), 'g');
    return text.replace(this.#pattern, redactedText);
  }

  /** A value of JSON with every text in it redacted; nothing where it is nested too deeply for that. */
  redactTexts(value: unknown): unknown {
    try {
      return JSON.parse(JSON.stringify(value ?? null), (_key, item) =>
        typeof item === 'string' ? this.redact(item) : item,
      );
    } catch {
      return undefined;
    }
  }
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '');
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
