import { z } from 'zod';
import { description, displayName, id, instant } from './common.ts';

export const projectRole = z.enum(['admin', 'editor', 'viewer']);

export const project = z.strictObject({
  id,
  name: displayName,
  description,
  role: projectRole.describe('The role of the person who asks'),
  createdAt: instant,
});
export type Project = z.infer<typeof project>;

export const createProjectRequest = z.strictObject({ name: displayName, description: description.default('') });
export const changeProjectRequest = z
  .strictObject({ name: displayName.optional(), description: description.optional() })
  .refine((change) => Object.keys(change).length > 0, 'name or description is needed');
export const projectList = z.strictObject({ items: z.array(project) });
