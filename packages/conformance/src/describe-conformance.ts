import { describe, test } from 'vitest';
import type { ConformanceSuite } from './conformance-suite.ts';

export interface SubjectFactory<Subject> {
  /** Called once for each case: cases share nothing. */
  create(): Subject | Promise<Subject>;
  dispose?(subject: Subject): void | Promise<void>;
}

/** Runs a suite as tests of vitest. */
export function describeConformance<Subject>(suite: ConformanceSuite<Subject>, factory: SubjectFactory<Subject>): void {
  describe(`${suite.name} conformance`, () => {
    for (const { id, appliesTo, verify } of suite.cases) {
      test(id, async (context) => {
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
