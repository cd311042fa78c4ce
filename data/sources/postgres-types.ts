import { types } from 'pg';
import { plainBytes, plainDecimal, plainInteger, plainNumber } from './duckdb.ts';

type Parser = (text: string) => unknown;

const asIs: Parser = (text) => text;
const isoTime: Parser = (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z');
const number: Parser = (text) => plainNumber(Number(text));

/** Parsers by the type's oid (pg_type.dat), where the usual ones make values that JSON has no place for. */
const SCALARS: Record<number, Parser> = {
  17: (text) => plainBytes(Buffer.from(text.replace(/^\\x/, ''), 'hex')),
  20: (text) => plainInteger(BigInt(text)),
  700: number,
  701: number,
  1082: asIs,
  1114: isoTime,
  1184: isoTime,
  1186: asIs,
  1700: plainDecimal,
};

/** Oids of arrays, and of what they hold. */
const ARRAYS: Record<number, number> = {
  1001: 17,
  1016: 20,
  1021: 700,
  1022: 701,
  1115: 1114,
  1182: 1082,
  1185: 1184,
  1187: 1186,
  1231: 1700,
};
const TEXT_ARRAY = 1009;

/** The types of pg know the built-in oids only, while every server has more. */
const usual = types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parser;

/** How pg reads a value of a type: into plain JSON values, exactly. */
export function parserOf(oid: number, format?: 'text' | 'binary'): Parser {
  const scalar = SCALARS[oid];
  if (scalar) return scalar;
  const element = SCALARS[ARRAYS[oid] ?? 0];
  if (!element) return usual(oid, format);
  const texts = usual(TEXT_ARRAY);
  const each = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(each) : typeof value === 'string' ? element(value) : value;
  return (text) => each(texts(text));
}
