import type { Audit } from '../../audit/index.ts';
import type { Authorize, Clock, Logger } from '../../core/index.ts';
import type { AccessStore } from '../access/access-store.ts';
import type { CredentialStore } from '../credentials/credential-store.ts';
import type { LoginSessions } from '../credentials/login-sessions.ts';
import type { OwnPassword } from '../sign-in/own-password.ts';
import type { SignInStepStore } from '../sign-in/sign-in-step-store.ts';
import type { AccountDataOwner } from './account-data-owner.ts';
import { type AccountsService, createAccountsService } from './accounts-service.ts';
import type { Mailer } from './mailer.ts';
import type { MemberStore } from './member-store.ts';
import { PeopleLinkUse } from './people-link-use.ts';
import { PeopleLinks } from './people-links.ts';
import { PeopleReach } from './people-reach.ts';
import { createPeopleService, type PeopleService, type SecondFactorReset } from './people-service.ts';
import { createProfileService, type ProfileService, type SecondFactorStates } from './profile-service.ts';

/** The people of accounts: for those who manage them, for themselves, and for the operator. */
export type People = {
  readonly people: PeopleService;
  readonly profiles: ProfileService;
  readonly accounts: AccountsService;
};

export function createPeople(parts: {
  readonly members: MemberStore;
  readonly credentials: CredentialStore;
  readonly access: AccessStore;
  readonly sessions: LoginSessions;
  readonly signInSteps: SignInStepStore;
  readonly secondFactors: SecondFactorReset & SecondFactorStates;
  readonly accountData: AccountDataOwner;
  readonly ownPassword: OwnPassword;
  readonly authorize: Authorize;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The address that people type, which is known only once the server listens. */
  readonly siteUrl: () => string;
  readonly mailer?: Mailer | undefined;
}): People {
  const links = new PeopleLinks(parts);
  const shared = { ...parts, links, reach: new PeopleReach(parts) };
  return {
    people: createPeopleService({ ...shared, linkUse: new PeopleLinkUse(shared) }),
    profiles: createProfileService(shared),
    accounts: createAccountsService(shared),
  };
}
