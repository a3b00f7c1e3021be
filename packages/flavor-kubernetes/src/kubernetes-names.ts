import { z } from '@mlstack/core/flavor';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** Of a namespace or a volume. */
export const labelName = z
  .string()
  .max(63)
  .regex(new RegExp(`^${label}$`), 'must be lower-case letters, digits and hyphens, as Kubernetes has it');

/** Of most other objects. */
export const objectName = z
  .string()
  .max(253)
  .regex(
    new RegExp(`^${label}(\\.${label})*$`),
    'must be lower-case letters, digits, hyphens and dots, as Kubernetes has it',
  );

const part = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';

export const labelKey = z
  .string()
  .regex(
    new RegExp(`^(${label}(\\.${label})*/)?${part}$`),
    'must be a label of Kubernetes: name or prefix.example.org/name',
  );

export const labelValue = z
  .string()
  .regex(
    new RegExp(`^(${part})?$`),
    'must be a value of a label: at most 63 letters, digits, hyphens, underscores and dots',
  );

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of an environment variable: letters, digits and underscores');

const host = '[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*(:[0-9]+)?';
const component = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';

export const imageName = z
  .string()
  .max(512)
  .regex(
    new RegExp(`^(${host}/)?${component}(/${component})*(:\\w[\\w.-]{0,127})?(@[A-Za-z0-9]+:[0-9a-fA-F]{32,})?$`),
    'must name an image: [registry/]name[:tag] in lower case',
  );

/** `500m`, `2`, `1.5Gi`. */
export const quantity = z.union([
  z.number().min(0),
  z
    .string()
    .regex(
      /^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/,
      'must be a quantity of Kubernetes: 500m, 2, 1.5Gi',
    ),
]);
