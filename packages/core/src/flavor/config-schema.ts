import type { JsonObject, JsonValue } from '../json-value.ts';
import type { Flavor } from './define-flavor.ts';

/** The part of JSON Schema that zod writes and that core reads. `sensitive` and `location` are core's own marks. */
export interface ConfigSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | ConfigSchema;
  readonly items?: ConfigSchema;
  readonly prefixItems?: readonly ConfigSchema[];
  readonly anyOf?: readonly ConfigSchema[];
  readonly oneOf?: readonly ConfigSchema[];
  readonly allOf?: readonly ConfigSchema[];
  readonly enum?: readonly JsonValue[];
  readonly const?: JsonValue;
  readonly default?: JsonValue;
  readonly description?: string;
  readonly sensitive?: boolean;
  readonly location?: boolean;
}

/** One field of a flavor's config, as help, questions and tables show it. */
export interface ConfigField {
  readonly name: string;
  /** `any` where the schema allows several types. */
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'any';
  readonly required: boolean;
  readonly description?: string;
  readonly default?: JsonValue;
  /** All values it may have. */
  readonly enum?: readonly JsonValue[];
  /** Takes a reference as `{{env.NAME}}` and is never shown. */
  readonly sensitive: boolean;
  /** Says where data lies: fixed while records point into it. */
  readonly location: boolean;
  /** Of an object with fixed fields. */
  readonly fields?: readonly ConfigField[];
}

const schemas = new WeakMap<Flavor, Promise<ConfigSchema>>();

/** JSON Schema of what a component of this flavor is configured with. Fields that begin with `_` are in memory only and left out. */
export function loadConfigSchema(flavor: Flavor): Promise<ConfigSchema> {
  let schema = schemas.get(flavor);
  if (schema === undefined) {
    schema = makeConfigSchema(flavor);
    schemas.set(flavor, schema);
  }
  return schema;
}

async function makeConfigSchema(flavor: Flavor): Promise<ConfigSchema> {
  const { z } = await import('../schema-language.ts');
  const schema = z.toJSONSchema(flavor.config, { io: 'input', unrepresentable: 'any' }) as ConfigSchema;
  const isPublic = (name: string) => !name.startsWith('_');
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => isPublic(name))),
    ...(schema.required === undefined ? {} : { required: schema.required.filter(isPublic) }),
  };
}

export function describeConfigFields(schema: ConfigSchema): ConfigField[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const inner = withoutNull(property);
    const description = property.description ?? inner.description;
    const defaultValue = property.default ?? inner.default;
    const values = inner.enum ?? (inner.const === undefined ? undefined : [inner.const]);
    return {
      name,
      type: fieldType(inner),
      required: schema.required?.includes(name) === true && defaultValue === undefined,
      ...(description === undefined ? {} : { description }),
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
      ...(values === undefined ? {} : { enum: values }),
      sensitive: isMarked(property, 'sensitive'),
      location: isMarked(property, 'location'),
      ...(inner.properties === undefined ? {} : { fields: describeConfigFields(inner) }),
    };
  });
}

/** Whether the field itself, not one inside it, has the mark. */
export function isMarked(schema: ConfigSchema, mark: 'sensitive' | 'location'): boolean {
  return schema[mark] === true || alternatives(schema).some((one) => isMarked(one, mark));
}

/** The schema of the field at `path`; nothing where the path leaves what the schema says. */
export function findFieldSchema(schema: ConfigSchema, path: readonly (string | number)[]): ConfigSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  for (const one of [schema, ...alternatives(schema)]) {
    const child = childSchema(one, key);
    const found = child === undefined ? undefined : findFieldSchema(child, rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childSchema(schema: ConfigSchema, key: string | number): ConfigSchema | undefined {
  if (typeof key === 'number') return schema.prefixItems?.[key] ?? schema.items;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether any field on the way to `path`, or the field there, has the mark. */
export function isMarkedAt(
  schema: ConfigSchema,
  path: readonly (string | number)[],
  mark: 'sensitive' | 'location',
): boolean {
  return path.some((_key, index) => {
    const field = findFieldSchema(schema, path.slice(0, index + 1));
    return field !== undefined && isMarked(field, mark);
  });
}

/** The config with clear values of sensitive fields replaced; references are shown. Private fields are left out. */
export function redactConfig(
  schema: ConfigSchema,
  config: JsonObject,
  redacted: (text: JsonValue) => JsonValue,
): JsonObject {
  const visit = (value: JsonValue, path: readonly (string | number)[]): JsonValue => {
    const field = findFieldSchema(schema, path);
    if (path.length > 0 && field !== undefined && isMarked(field, 'sensitive')) return redacted(value);
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !key.startsWith('_'))
        .map(([key, item]) => [key, visit(item, [...path, key])]),
    );
  };
  return visit(config, []) as JsonObject;
}

function alternatives(schema: ConfigSchema): readonly ConfigSchema[] {
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
}

function withoutNull(schema: ConfigSchema): ConfigSchema {
  const others = (schema.anyOf ?? []).filter((one) => one.type !== 'null');
  return others.length === 1 ? (others[0] as ConfigSchema) : schema;
}

function fieldType({ type, properties, enum: values, const: constant }: ConfigSchema): ConfigField['type'] {
  if (properties !== undefined) return 'object';
  const types = [type ?? []].flat().filter((one) => one !== 'null');
  switch (types.length === 1 ? types[0] : undefined) {
    case 'string':
    case 'number':
    case 'integer':
    case 'boolean':
    case 'object':
    case 'array':
      return types[0] as ConfigField['type'];
    default: {
      const [first = constant] = values ?? [];
      return typeof first === 'string' ? 'string' : typeof first === 'number' ? 'number' : 'any';
    }
  }
}
