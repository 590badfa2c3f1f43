export type { BucketGrantService } from './bucket-grant-service.ts';
export type { BucketGrant, GrantedBucket } from './bucket-grant-store.ts';
export type { CollaboratorService } from './collaborator-service.ts';
export type { Collaborator, Member } from './collaborator-store.ts';
export { createProjects, type Projects } from './create-projects.ts';
export type { ProjectService } from './project-service.ts';
export type { Project, ProjectOfActor } from './project-store.ts';
