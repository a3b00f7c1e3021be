import { parseSync } from 'oxc-parser';

/** One `import`, `export … from` or `import('…')` of a module. */
export interface ModuleImport {
  specifier: string;
  /** Nothing of it is left when types are erased. */
  typeOnly: boolean;
  /** Happens when the expression runs, not when the module is loaded. */
  dynamic: boolean;
}

/** @throws SyntaxError when the source does not parse. */
export function parseModuleImports(file: string, source: string): ModuleImport[] {
  const { module, errors } = parseSync(file, source);
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`);

  const imports: ModuleImport[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    imports.push({ specifier: moduleRequest.value, typeOnly, dynamic: false });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest) imports.push({ specifier: moduleRequest.value, typeOnly: isType, dynamic: false });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2] !== undefined) imports.push({ specifier: literal[2], typeOnly: false, dynamic: true });
  }
  return imports;
}
