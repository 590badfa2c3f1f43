import { describe, expect, it } from 'vitest';
import { Confidential } from '../../core/index.ts';
import { bothKinds, moderationConformance } from './moderation.conformance.ts';
import { createPatternModeration } from './pattern-moderation.ts';

const moderation = createPatternModeration();

moderationConformance('patterns and lists', { moderation, personalData: 'ada@example.org', profanity: 'shit' });

/** What is found, as `entity: the words`; from the usual threshold on. */
async function found(text: string): Promise<string[]> {
  const findings = await moderation.find(Confidential.of(text), bothKinds);
  return findings
    .filter(({ score }) => score >= 0.5)
    .map(({ entity, start, end }) => `${entity}: ${text.slice(start, end)}`);
}

describe('personal data', () => {
  it.each([
    ['Write to ada.lovelace+x@mail.example.co.uk.', 'EmailAddress: ada.lovelace+x@mail.example.co.uk'],
    ['<jörg@müller.de>', 'EmailAddress: jörg@müller.de'],
    ['mailto:a@b.io?x=1', 'EmailAddress: a@b.io'],
    ['Call +44 20 7946 0958 8 times', 'PhoneNumber: +44 20 7946 0958'],
    ['0044 20 7946 0958', 'PhoneNumber: 0044 20 7946 0958'],
    ['+33 1 42 68 53 00', 'PhoneNumber: +33 1 42 68 53 00'],
    ['(415) 555-2671', 'PhoneNumber: (415) 555-2671'],
    ['415-555-2671.', 'PhoneNumber: 415-555-2671'],
    ['1-415-555-2671', 'PhoneNumber: 1-415-555-2671'],
    ['Tel.: 030 901820', 'PhoneNumber: 030 901820'],
    ['my phone number is 020 7946 0958', 'PhoneNumber: 020 7946 0958'],
    ['DE89 3704 0044 0532 0130 00', 'BankAccountNumber.IBAN: DE89 3704 0044 0532 0130 00'],
    ['IBAN gb82west12345698765432!', 'BankAccountNumber.IBAN: gb82west12345698765432'],
    ['NO93 8601 1117 947 is mine', 'BankAccountNumber.IBAN: NO93 8601 1117 947'],
    ['4111 1111 1111 1111', 'BankAccountNumber.CreditCardNumber.Visa: 4111 1111 1111 1111'],
    ['12 4111-1111-1111-1111 99', 'BankAccountNumber.CreditCardNumber.Visa: 4111-1111-1111-1111'],
    ['5555555555554444', 'BankAccountNumber.CreditCardNumber.Master: 5555555555554444'],
    ['3782 822463 10005', 'BankAccountNumber.CreditCardNumber.Amex: 3782 822463 10005'],
    ['6011111111111117', 'BankAccountNumber.CreditCardNumber.Discover: 6011111111111117'],
    ['3530111333300000', 'BankAccountNumber.CreditCardNumber.Other: 3530111333300000'],
    ['from 192.168.0.17.', 'IPAddress: 192.168.0.17'],
    ['[2001:db8::8a2e:370:7334]:443', 'IPAddress: 2001:db8::8a2e:370:7334'],
    ['::ffff:192.0.2.128', 'IPAddress: ::ffff:192.0.2.128'],
    ['00:1B:44:11:3a:b7', 'MACAddress: 00:1B:44:11:3a:b7'],
    ['SSN 078-05-1120', 'NationalNumber.SocialSecurityNumber.US: 078-05-1120'],
    ['social security number: 219099999', 'NationalNumber.SocialSecurityNumber.US: 219099999'],
  ])('in %s', async (text, expected) => {
    expect(await found(text)).toEqual([expected]);
  });

  it.each([
    'Ada Lovelace, born on 10 December 1815 in London',
    '@ada and ada@localhost and a @ b.org',
    'order 1234567890, invoice 2026-11-25-0042',
    '2026-11-25 12:30:45.123',
    'std::vector and a::b',
    'version 1.2.3 and 1.2.3.4.5 and 300.1.1.1',
    'DE89 3704 0044 0532 0130 01',
    'XX89 3704 0044 0532 0130 00',
    '4111 1111 1111 1112',
    '1234 5678 9012 3456',
    '000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000',
    '+1 000 000 0000',
    '3.14159265358979323846',
    'the mobile phone of 2019',
    'section 12-34-5678',
  ])('not in %s', async (text) => {
    expect(await found(text)).toEqual([]);
  });
});

describe('hate, abuse and profanity', () => {
  it.each([
    ['What the fuck is this', 'Profanity: fuck'],
    ['motherfucking thing', 'Profanity: motherfucking'],
    ['fuuuuck', 'Profanity: fuuuuck'],
    ['sh1t happens', 'Profanity: sh1t'],
    ['ｆｕｃｋ', 'Profanity: ｆｕｃｋ'],
    ['𝐟𝐮𝐜𝐤', 'Profanity: 𝐟𝐮𝐜𝐤'],
    ['you fags', 'Hate: fags'],
    ['I hate all immigrants here', 'Hate: I hate all immigrants'],
    ['Just kill yourself.', 'Abuse: Just kill yourself'],
    ['I’m going to kill you', 'Abuse: I’m going to kill you'],
    ['Du Arschloch!', 'Profanity: Arschloch'],
    ['espèce d’enculé', 'Profanity: enculé'],
    ['hijo de puta', 'Profanity: hijo de puta'],
    ['vaffanculo', 'Profanity: vaffanculo'],
  ])('in %s', async (text, expected) => {
    expect(await found(text)).toEqual([expected]);
  });

  it.each([
    'Scunthorpe United, Essex and Sussex',
    'the assassin assumed a classic pass',
    'an analysis of analog circuits',
    'Dickens drank a cocktail with Hancock and a peacock',
    'Nigeria and Niger, niggardly and a flame retardant',
    'the grape harvest and the therapist',
    'I killed the process; it deserved to die',
    'We hate rain, and women hate waiting',
    'a screening for cancer of the penis, the anus and the vagina',
    'the law on rape and incest',
  ])('not in %s', async (text) => {
    expect(await found(text)).toEqual([]);
  });

  it('gives words that have another sense a low score, so that a lower threshold finds them', async () => {
    const findings = await moderation.find(Confidential.of('the penis'), bothKinds);
    expect(findings).toMatchObject([{ entity: 'Profanity', score: 0.3, start: 4, end: 9 }]);
  });
});
