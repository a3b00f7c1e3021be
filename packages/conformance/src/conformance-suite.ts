/** A suite is data: any test runner can run the same cases. */
export interface ConformanceSuite<Subject> {
  readonly name: string;
  readonly cases: readonly ConformanceCase<Subject>[];
}

export interface ConformanceCase<Subject> {
  /** Stable: reports name it. A sentence about what is tested, in kebab-case. */
  readonly id: string;
  /** Cases of what a subject does not claim to do are skipped. */
  readonly appliesTo?: (subject: Subject) => boolean;
  /** Fails with an `AssertionError`, or with what the subject throws. */
  verify(subject: Subject): Promise<void>;
}
