/** What completes a value: names from the project's registry, files, folders, or one of these words. */
export type Completion = 'stacks' | 'components' | 'flavors' | 'files' | 'folders' | readonly string[];
