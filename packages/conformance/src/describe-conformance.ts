import { describe, test } from 'vitest';
import type { ConformanceSuite } from './conformance-suite.ts';

/** Stores may be far away, and the machine busy. */
const caseTimeoutMs = 120_000;

export interface SubjectFactory<Subject> {
  /** Called once for each case: cases share nothing. */
  create(): Subject | Promise<Subject>;
  dispose?(subject: Subject): void | Promise<void>;
}

/** Runs a suite as tests of vitest. */
export function describeConformance<Subject>(suite: ConformanceSuite<Subject>, factory: SubjectFactory<Subject>): void {
  describe(`${suite.name} conformance`, () => {
    for (const { id, appliesTo, verify } of suite.cases) {
      test(id, { timeout: caseTimeoutMs }, async (context) => {
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
