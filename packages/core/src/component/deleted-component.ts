import type { Project } from '../project/project.ts';
import type { RegisteredComponent } from '../project/registry-document.ts';
import type { ComponentType } from './component-types.ts';
import { readProvisionNote } from './provision-note.ts';

export interface DeletedComponent {
  readonly type: ComponentType;
  readonly name: string;
  /** What `up` made for it and stays, in the words of its flavor. */
  readonly provisioned?: readonly string[];
}

export function describeDeleted(project: Project, { id, type, name }: RegisteredComponent): DeletedComponent {
  const provisioned = readProvisionNote(project, id);
  return { type, name, ...(provisioned.length === 0 ? {} : { provisioned }) };
}
