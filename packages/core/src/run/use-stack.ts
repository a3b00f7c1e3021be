import type { Project } from '../project/project.ts';
import type { OpenStack } from '../stack/open-stack.ts';

/** Opens the project's stack for one piece of work and closes it whatever happens. */
export async function useStack<Result>(project: Project, work: (stack: OpenStack) => Promise<Result>): Promise<Result> {
  const { openStack } = await import('../stack/open-stack.ts');
  const stack = await openStack(project);
  try {
    return await work(stack);
  } finally {
    await stack.close();
  }
}
