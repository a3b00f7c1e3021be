import type { AnyNode } from 'acorn';
import type { CarriedAssets } from './carried-assets.ts';
import type { CodeText } from './code-text.ts';
import { readCodeText, withoutVersion } from './code-text.ts';
import type { CodeUnit, TopLevel } from './code-units.ts';
import { readTopLevel } from './code-units.ts';
import { isConstant, isTimeless } from './constant-units.ts';
import type { ParsedCode } from './parsed-code.ts';
import type { UnitEffects } from './unit-effects.ts';
import { readEffects } from './unit-effects.ts';

type Effects = ReadonlyMap<CodeUnit, UnitEffects>;
type Links = ReadonlyMap<string, ReadonlySet<string>>;

/** What a piece of the user's code can reach. */
export interface Reach {
  readonly units: ReadonlySet<CodeUnit>;
  /** Specifiers of the modules that it imports, requires, or that the user's modules import for what they do. */
  readonly modules: ReadonlySet<string>;
  /** By label, the SHA-256 of each file or folder beside the code that it names, or that is listed for every step. */
  readonly assets: ReadonlyMap<string, string>;
  /**
   * Labels of what is evaluated when the modules are loaded, in order, where that matters: where something that the code uses is changed by
   * statements elsewhere.
   */
  readonly order: readonly string[];
  /** It can make a `require` of its own, which is followed nowhere. */
  readonly makesRequire: boolean;
}

/** What of `node:module` gives `createRequire`. */
const makersOfRequire = new Set(['createRequire', 'default', '*']);

/** The declarations of the user's modules and which of them needs which. */
export class CodeGraph {
  readonly #parsed: ParsedCode;
  readonly #assets: CarriedAssets;
  readonly #top: TopLevel;
  readonly #unitByName = new Map<string, CodeUnit[]>();
  readonly #positions: ReadonlyMap<CodeUnit, number>;
  readonly #texts = new Map<CodeUnit, CodeText>();
  readonly #changers = new Map<string, CodeUnit[]>();
  readonly #worldly: CodeUnit[] = [];

  constructor(parsed: ParsedCode, assets: CarriedAssets) {
    this.#parsed = parsed;
    this.#assets = assets;
    this.#top = readTopLevel(parsed);
    this.#positions = new Map(this.#top.units.map((unit, at) => [unit, at]));
    for (const unit of this.#top.units) for (const name of unit.declares) push(this.#unitByName, name, unit);
    this.#findChangers();
  }

  get units(): readonly CodeUnit[] {
    return this.#top.units;
  }

  /** The text of a node that need not be a whole unit. */
  textOf(node: AnyNode): CodeText {
    return readCodeText(
      this.#parsed,
      node,
      (name) => this.#referenceTo(name),
      (part) => this.#assets.byNode.has(part),
      (part) => this.#assets.openPlaces.has(part),
    );
  }

  unitText(unit: CodeUnit): CodeText {
    let text = this.#texts.get(unit);
    if (text === undefined) {
      text = this.textOf(unit.node);
      this.#texts.set(unit, text);
    }
    return text;
  }

  /**
   * Everything that a text leads to, with what changes it or the world when the modules are loaded.
   *
   * @param around the unit that the text is part of: it counts where the text reads what is around it.
   */
  reachOf(start: CodeText, around: CodeUnit): Reach {
    const units = new Set<CodeUnit>();
    const modules = new Set([...start.modules, ...this.#top.bareImports]);
    const names = new Set(start.uses);
    const assets = new Map(this.#assets.ofEveryStep);
    const addAssets = (text: CodeText) => {
      for (const node of text.assets) {
        const asset = this.#assets.byNode.get(node);
        if (asset !== undefined) assets.set(asset.label, asset.sha256);
      }
    };
    addAssets(start);
    let readsAnyAsset = start.readsAnyAsset;
    let isUnbounded = start.isUnbounded;
    let makesRequire = importsModule(start);
    const addUnit = (unit: CodeUnit) => {
      if (units.has(unit)) return;
      units.add(unit);
      const text = this.unitText(unit);
      if (text.isUnbounded && !unit.isRuntime) isUnbounded = true;
      if (text.readsAnyAsset) readsAnyAsset = true;
      if (importsModule(text)) makesRequire = true;
      for (const name of text.uses) names.add(name);
      for (const module of text.modules) modules.add(module);
      addAssets(text);
    };
    for (const unit of this.#worldly) addUnit(unit);
    let isOrdered = this.#worldly.length > 0;
    if (start.isOpen) {
      addUnit(around);
      for (const name of around.declares) names.add(name);
    }
    // Both grow while they are walked.
    const follow = () => {
      for (const name of names) {
        const imported = this.#top.imports.get(name);
        if (imported !== undefined) modules.add(imported.specifier);
        if (imported?.specifier === 'node:module' && makersOfRequire.has(imported.imported)) makesRequire = true;
        const owners = this.#unitByName.get(name) ?? [];
        for (const unit of owners) addUnit(unit);
        for (const unit of this.#changers.get(name) ?? []) {
          addUnit(unit);
          if (exportTableOf(unit) === undefined && !owners.some((owner) => this.#isNext(owner, unit))) isOrdered = true;
        }
      }
    };
    follow();
    if (isUnbounded) {
      for (const unit of this.#top.units) addUnit(unit);
      follow();
    }
    // Its own list says which files it reads.
    const hasList = start.assets.some((node) => this.#assets.listed.has(node));
    if (readsAnyAsset && !hasList)
      for (const { label, sha256 } of this.#assets.byNode.values()) assets.set(label, sha256);
    const ordered = isOrdered ? this.#top.units.filter((unit) => units.has(unit) && !isTimeless(unit)) : [];
    return { units, modules, assets, order: ordered.map(({ label }) => label), makesRequire };
  }

  /** What completes a declaration at once, as the parts of an enum, leaves nothing in between that could see the one without the other. */
  #isNext(owner: CodeUnit, unit: CodeUnit): boolean {
    return this.#positions.get(unit) === (this.#positions.get(owner) ?? 0) + 1;
  }

  #referenceTo(name: string): string {
    const imported = this.#top.imports.get(name);
    if (imported !== undefined) return `${withoutVersion(imported.specifier)}#${imported.imported}`;
    const unit = this.#unitByName.get(name)?.[0];
    if (unit === undefined) return name;
    const position = unit.declares.indexOf(name);
    return position > 0 ? `${unit.label}[${position}]` : unit.label;
  }

  #findChangers(): void {
    const effects: Effects = new Map(
      this.#top.units
        .filter(({ isRuntime }) => !isRuntime)
        .map((unit) => [unit, readEffects(this.#parsed, unit, this.#top.imports)]),
    );
    const links = this.#linkNames(effects);
    for (const [unit, effect] of effects) {
      const table = exportTableOf(unit);
      if (table !== undefined) {
        push(this.#changers, table, unit);
        continue;
      }
      const { direct, changed, world } = this.#changesOf(unit, effect, effects, links);
      for (const name of changed) {
        const owner = this.#unitByName.get(name)?.[0];
        const isInert = owner === undefined || owner.isRuntime || (!direct.has(name) && isConstant(owner));
        if (!isInert && !unit.declares.includes(name)) push(this.#changers, name, unit);
      }
      if (world) this.#worldly.push(unit);
    }
  }

  /** By name, the others whose value its own may hold a part of. */
  #linkNames(effects: Effects): Links {
    const links = new Map<string, Set<string>>();
    for (const [unit, effect] of effects) {
      const table = exportTableOf(unit);
      const found = table === undefined ? effect.links : new Map([[table, this.unitText(unit).uses]]);
      for (const [name, others] of found) links.set(name, new Set([...(links.get(name) ?? []), ...others]));
    }
    return links;
  }

  /** What loading the unit may change: names by which it says so, those and all that may stand for the same value, and whether the world. */
  #changesOf(unit: CodeUnit, effect: UnitEffects, effects: Effects, links: Links) {
    const { atLoad } = effect;
    const called = this.#reachedBy(effect.calls);
    const run = [...called].flatMap((each) => (each === unit ? [] : (effects.get(each) ?? [])));
    if (effect.callsAtLoad) run.push(effect);
    const all = [atLoad, ...run.map(({ whenCalled }) => whenCalled)];
    const isGiven = all.some(({ given }) => given);
    const isGivenOrSelf = isGiven || all.some(({ self }) => self);
    const direct = new Set(effect.assigns);
    for (const { assigns } of run) for (const name of assigns) direct.add(name);
    for (const { names } of all) for (const name of names) direct.add(name);
    if (isGivenOrSelf) for (const { handed } of all) for (const name of handed) direct.add(name);
    if (atLoad.self) for (const name of unit.declares) direct.add(name);
    // Grows while it is walked.
    for (const name of direct) {
      for (const owner of this.#unitByName.get(name) ?? []) {
        for (const other of effects.get(owner)?.standsFor ?? []) direct.add(other);
      }
    }
    const changed = new Set(direct);
    if (isGivenOrSelf) for (const { called: names } of all) for (const name of names) changed.add(name);
    this.#addAliases(changed, effects, links);
    const owners = [...changed].flatMap((name) => this.#unitByName.get(name) ?? []);
    const world =
      all.some((changes) => changes.world || (isGiven && changes.handsWorld)) ||
      owners.some((owner) => effects.get(owner)?.isWorldAlias === true);
    if (isGiven) {
      for (const each of [unit, ...called]) for (const name of this.unitText(each).uses) changed.add(name);
      this.#addAliases(changed, effects, links);
    }
    return { direct, changed, world };
  }

  #addAliases(changed: Set<string>, effects: Effects, links: Links): void {
    // Grows while it is walked.
    for (const name of changed) {
      for (const other of links.get(name) ?? []) changed.add(other);
      for (const owner of this.#unitByName.get(name) ?? []) {
        if (effects.get(owner)?.isAlias === true) for (const other of this.unitText(owner).uses) changed.add(other);
      }
    }
  }

  #reachedBy(names: ReadonlySet<string>): ReadonlySet<CodeUnit> {
    const reached = new Set<CodeUnit>();
    const pending = new Set(names);
    for (const name of pending) {
      for (const unit of this.#unitByName.get(name) ?? []) {
        if (reached.has(unit)) continue;
        reached.add(unit);
        for (const next of this.unitText(unit).uses) pending.add(next);
      }
    }
    return reached;
  }
}

function importsModule({ modules }: CodeText): boolean {
  return modules.has('node:module') || modules.has('module');
}

/** `__export(steps_exports, {…})` is how the bundler makes a namespace object. */
function exportTableOf({ node }: CodeUnit): string | undefined {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression') return undefined;
  const { callee, arguments: args } = node.expression;
  const isTable = callee.type === 'Identifier' && /^__(export|reExport)\d*$/.test(callee.name);
  return isTable && args[0]?.type === 'Identifier' ? args[0].name : undefined;
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
