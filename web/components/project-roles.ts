import type { BucketAccess, Project } from '../../contract/app/index.ts';

type ProjectRole = Project['role'];

/** Roles in a project as pages say them, the one with the most rights first. */
export const projectRoleWords: Readonly<Record<ProjectRole, string>> = {
  admin: 'Admin',
  editor: 'Editor',
  viewer: 'Viewer',
};

export const projectRoleMeanings: Readonly<Record<ProjectRole, string>> = {
  admin: 'Everything an Editor does, and decides who is in the project, who has its bucket, and whether it stays.',
  editor: 'Runs prompts, and opens, saves, changes and deletes what is saved.',
  viewer: 'Sees that assets exist – names, descriptions, sizes, times – and opens none.',
};

export const projectRoles = Object.keys(projectRoleWords) as readonly ProjectRole[];

export const bucketAccessWords: Readonly<Record<BucketAccess, string>> = { reader: 'Reader', writer: 'Writer' };

export const bucketAccessMeanings: Readonly<Record<BucketAccess, string>> = {
  reader: 'Lists the objects and opens them.',
  writer: 'Lists and opens objects, uploads new ones, and deletes any of them.',
};

export const bucketAccesses = Object.keys(bucketAccessWords) as readonly BucketAccess[];
