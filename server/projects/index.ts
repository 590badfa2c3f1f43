export { createProjects } from './create-projects.ts';
export type { ProjectService } from './project-service.ts';
export type { Project, ProjectOfActor } from './project-store.ts';
