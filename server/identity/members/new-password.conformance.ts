import { TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Actor, Secret } from '../../core/index.ts';
import {
  type Hospital,
  ORIGIN,
  openHospital,
  PASSWORD,
  type PeopleHarness,
  refusalOf,
  secret,
  tokenOf,
} from './people-service.conformance.ts';

const OTHER_PASSWORD = 'another horse another battery';
const PERIOD_MS = 30_000;

/** What a new password ends, over whichever stores. */
export function newPasswordConformance(name: string, open: () => Promise<PeopleHarness>): void {
  describe(`a new password with stores in ${name}`, () => {
    let hospital: Hospital;
    beforeEach(async () => {
      hospital = await openHospital(open);
    });
    afterEach(() => hospital.close());

    /** @returns what shows the code of now */
    async function enrol(actor: Actor): Promise<() => string> {
      const { secondFactors } = hospital.identity.signInWays;
      const enrolment = await secondFactors.beginTotp(actor, undefined, ORIGIN);
      const totp = new TOTP({ secret: enrolment.secret.expose() });
      const app = () => totp.generate({ timestamp: hospital.clock.now().getTime() });
      await secondFactors.confirmTotp(actor, app());
      hospital.clock.advance(PERIOD_MS);
      return app;
    }

    async function beginStep(email: string, password = PASSWORD): Promise<Secret> {
      const outcome = await hospital.service.signIn({ email, password: secret(password), origin: ORIGIN });
      if (outcome.state !== 'second-factor') throw new Error(`the sign-in came to ${outcome.state}`);
      return outcome.step.token;
    }

    const complete = (stepToken: Secret, code: string) =>
      hospital.identity.signInWays.secondFactorSignIn.complete({ stepToken, method: 'totp', code, origin: ORIGIN });

    it.each([
      [
        'by a link',
        async (actor: Actor) => {
          const { link } = await hospital.people.createPasswordReset(hospital.ada, actor.userId);
          await hospital.people.resetPassword(tokenOf(link), secret(OTHER_PASSWORD), ORIGIN);
        },
      ],
      [
        'by oneself',
        (actor: Actor) =>
          hospital.identity.profiles.changePassword(actor, { current: secret(), next: secret(OTHER_PASSWORD) }),
      ],
    ])('%s ends sign-ins that the old one began, and nobody else’s', async (_, setPassword) => {
      const [one, other] = [await hospital.join('member'), await hospital.join('member')];
      const [app, othersApp] = [await enrol(one.actor), await enrol(other.actor)];
      const [step, othersStep] = [await beginStep(one.email), await beginStep(other.email)];
      await setPassword(one.actor);
      expect(await refusalOf(complete(step, app()))).toBe('unauthenticated sign-in-step-over');
      await complete(othersStep, othersApp());
      await complete(await beginStep(one.email, OTHER_PASSWORD), app());
    });
  });
}
