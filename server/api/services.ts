import type { Deployment } from '../../contract/app/index.ts';
import type { AssetService, BucketObjectService, ProjectArchives, UploadService } from '../assets/index.ts';
import type { AuditService } from '../audit/index.ts';
import type { Clock, Logger } from '../core/index.ts';
import type {
  AccountsService,
  IdentityService,
  PeopleService,
  ProfileService,
  ServiceIdsService,
  SignInWays,
} from '../identity/index.ts';
import type { InferenceService, ModelService } from '../inference/index.ts';
import type { WrappingKeyService } from '../keys/index.ts';
import type { PromptCodeService, PromptSessionService, PromptTemplateService } from '../lab/index.ts';
import type { BucketGrantService, CollaboratorService, ProjectService } from '../projects/index.ts';

/** What the surfaces call. No rule lives in this room: it parses, calls one of these, and shapes the answer. */
export type ApiServices = {
  readonly identity: IdentityService;
  readonly signInWays: SignInWays;
  readonly serviceIds: ServiceIdsService;
  readonly people: PeopleService;
  readonly profiles: ProfileService;
  readonly accounts: AccountsService;
  readonly projects: ProjectService;
  readonly collaborators: CollaboratorService;
  readonly bucketGrants: BucketGrantService;
  readonly assets: AssetService;
  readonly bucketObjects: BucketObjectService;
  readonly uploads: UploadService;
  readonly archives: ProjectArchives;
  readonly promptCode: PromptCodeService;
  readonly promptTemplates: PromptTemplateService;
  readonly promptSessions: PromptSessionService;
  readonly wrappingKeys: WrappingKeyService;
  readonly inference: InferenceService;
  readonly models: ModelService;
  readonly audit: AuditService;
  /** What the command line asks over the control socket. */
  readonly describeDeployment: () => Promise<Deployment>;
  /** Whether requests can be served; the names of what is missing. */
  readonly checkReadiness: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly logger: Logger;
};
