import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPii, redactPii } from '../../../../data/detect/pii.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const options = { countries: ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'PL'] };

test.each([
  ['mail alice@example.com now', 'mail [EMAIL] now'],
  ['<alice.b+news@mail.example.co.uk>, thanks', '<[EMAIL]>, thanks'],
  ["'jürgen@müller.example'.", "'[EMAIL]'."],
  ['Call +49 30 901820 or +1 (202) 555-0123.', 'Call [PHONE] or [PHONE].'],
  ['+44 (0)20 7946 0958', '[PHONE]'],
  ['(212) 555-0123', '[PHONE]'],
  ['212-555-0123', '[PHONE]'],
  ['call 2125550123', 'call [PHONE]'],
  ['06 12 34 56 78', '[PHONE]'],
  ['tel:0612345678', 'tel:[PHONE]'],
  ['030/901820', '[PHONE]'],
  ['020 7946 0958', '[PHONE]'],
  ['612 345 678', '[PHONE]'],
  ['IBAN DE89 3704 0044 0532 0130 00 und', 'IBAN [IBAN] und'],
  ['GB82WEST12345698765432', '[IBAN]'],
  ['4111 1111 1111 1111 exp 12/27', '[CARD] exp 12/27'],
  ['4111-1111-1111-1111', '[CARD]'],
  ['378282246310005', '[CARD]'],
  ['SSN 219-09-9998', 'SSN [ID]'],
  ['My SSN is 219099998.', 'My SSN is [ID].'],
  ['NINO AB123456C', 'NINO [ID]'],
  ['Steuer-ID 36 574 261 809', 'Steuer-ID [ID]'],
  ['NIR 2 95 10 99 126 111 93', 'NIR [ID]'],
  ['DNI 54362315K', 'DNI [ID]'],
  ['NIE X-2482300-W', 'NIE [ID]'],
  ['codice fiscale RCCMNL83S18D969H', 'codice fiscale [ID]'],
  ['BSN 111222333', 'BSN [ID]'],
  ['PESEL: 44051401359', 'PESEL: [ID]'],
  ['from 192.168.0.1 to 127.0.0.1:8080', 'from [IP] to [IP]:8080'],
  ['2001:db8::8a2e:370:7334, fe80::1 and ::1', '[IP], [IP] and [IP]'],
])('%s is found', (text, redacted) => {
  expect(redactPii(text, options)).toBe(redacted);
});

test.each([
  'card 4111 1111 1111 1112 fails Luhn',
  'order 1234567890123452 has no network',
  'IBAN DE89 3704 0044 0532 0130 01',
  'order 2125550123',
  'version 1.2.3.4, v1.2.3.4, Chrome/120.0.0.0 and 1.2.3.400',
  'on 2024-01-15 12:30:45 and 05/12/2024 14:30',
  'it cost $1,234,567,890 or 612 345 678 zł',
  'bare 219099998 and 44051401359 and 111222333',
  'SSN 000-12-3456',
  'std::vector a::b aa:bb:cc:dd:ee:ff',
  'git@github.com:org/repo.git',
  'a @mention, an @ sign, x@localhost',
  'postgres://user:pw@db.example.com/x',
  'x4111111111111111 and 0.4111111111111111',
  '550e8400-e29b-41d4-a716-446655440000',
  '3.14159265358979 and 0.1234567890',
])('%s holds nothing', (text) => {
  expect(findPii(text, options)).toEqual([]);
});

test('national numbers count only for the countries asked for', () => {
  expect(findPii('06 12 34 56 78', { countries: ['US'] })).toEqual([]);
  expect(findPii('CPF 390.533.447-05', { countries: ['BR'] })).toEqual([{ kind: 'nationalId', start: 4, end: 18 }]);
  expect(findPii('CPF 390.533.447-06', { countries: ['BR'] })).toEqual([]);
  expect(findPii('+33 6 12 34 56 78', { countries: [] })).toEqual([{ kind: 'phone', start: 0, end: 17 }]);
});

test('only the kinds asked for are found', () => {
  const text = 'alice@example.com 192.168.0.1 4111111111111111';
  expect(findPii(text, { ...options, kinds: ['ip'] })).toEqual([{ kind: 'ip', start: 18, end: 29 }]);
});

test('the key of a value is a word nearby', () => {
  expect(redactPii('219099998', { ...options, context: 'customerSsn' })).toBe('[ID]');
  expect(redactPii('2125550123', { ...options, context: 'mobile_phone' })).toBe('[PHONE]');
});

const piece = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[0-9 +().:@a-f/-]{0,40}$/),
  fc.constantFrom(
    'alice@example.com',
    '4111111111111111',
    '+49 30 901820',
    'DE89370400440532013000',
    'SSN',
    '219099998',
    '1.2.3.4',
    '::1',
    '@',
  ),
);

test('whatever the text: redacted once, nothing more is found, and spans are in order and apart', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const spans = findPii(text, options);
      let end = 0;
      for (const span of spans) {
        expect(span.start).toBeGreaterThanOrEqual(end);
        expect(span.end).toBeGreaterThan(span.start);
        end = span.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
      const redacted = redactPii(text, options);
      expect(findPii(redacted, options)).toEqual([]);
      expect(redactPii(redacted, options)).toBe(redacted);
    }),
    { numRuns: 500 },
  );
});

const MEGABYTE = 1_000_000;
test.each([
  '1',
  '1 ',
  '12-',
  '@',
  'a@',
  'a@b.',
  '1.',
  '::',
  'a:',
  'f:1:',
  '+1',
  '+1 2',
  '06 12 34 56 78 ',
  '0',
  'DE89 ',
  'DE89',
  'SSN 1',
  '(1)',
  "'@",
  '123456789 ',
  '4111 1111 ',
  'alice@example.com ',
  '1.2.3.4 ',
  '+49 30 901820 ',
])('a megabyte of %j takes under a second', (unit) => {
  const text = unit.repeat(Math.ceil(MEGABYTE / unit.length));
  // Time of the processor, the better of two: the first run compiles, and other tests share the machine.
  const times = [1, 2].map(() => {
    const spent = processorTime();
    findPii(text, options);
    return spent();
  });
  expect(Math.min(...times)).toBeLessThan(1000);
});
