import type { z } from 'zod';

/** Marks a field that holds a secret: it takes a reference as `{{env.NAME}}`, is refused in clear, and is redacted wherever it is shown. */
export function sensitive<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), sensitive: true });
}

/** Marks a field that says where data lies: it cannot change while records point into it. */
export function location<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), location: true });
}
