import { describe, test } from 'vitest';
import type { ConformanceSuite } from './conformance-suite.ts';

/** Stores may be far away, and the machine busy. */
const caseTimeoutMs = 120_000;

export interface SubjectFactory<Subject> {
  /** Called once for each case: cases share nothing. */
  create(): Subject | Promise<Subject>;
  dispose?(subject: Subject): void | Promise<void>;
  /** Cases that this subject cannot show, by id, and why not. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Runs a suite as tests of vitest. */
export function describeConformance<Subject>(suite: ConformanceSuite<Subject>, factory: SubjectFactory<Subject>): void {
  const { skip = {} } = factory;
  const unknown = Object.keys(skip).filter((id) => suite.cases.every((one) => one.id !== id));
  if (unknown.length > 0) throw new Error(`The ${suite.name} suite has no case ${unknown.join(', ')}.`);
  describe(`${suite.name} conformance`, () => {
    for (const { id, appliesTo, verify } of suite.cases) {
      test(id, { timeout: caseTimeoutMs }, async (context) => {
        if (skip[id] !== undefined) return context.skip(skip[id]);
        const subject = await factory.create();
        try {
          if (appliesTo?.(subject) === false) return context.skip();
          await verify(subject);
        } finally {
          await factory.dispose?.(subject);
        }
      });
    }
  });
}
