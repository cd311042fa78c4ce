import type { Span } from './span.ts';

export type InvisibleKind =
  | 'control'
  | 'zeroWidth'
  | 'bidi'
  | 'tag'
  | 'softHyphen'
  | 'variation'
  | 'filler'
  | 'byteOrderMark'
  | 'surrogate';

// Anything that could be meant: a text without any of these is done with at once.
const CANDIDATE = /[^\P{Cc}\t\n\r]|[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

const ZWNJ = 0x200c;
const ZWJ = 0x200d;
const BLACK_FLAG = 0x1f3f4;
const EMOJI_PART = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;
const PICTURE = /\p{Extended_Pictographic}/u;
const MAY_VARY =
  /[\p{Extended_Pictographic}0-9#*\p{Unified_Ideograph}\p{Script=Mongolian}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{Sm}\p{So}\p{P}]/u;
const IDEOGRAPH = /\p{Unified_Ideograph}/u;
// Scripts in which joiners change how letters are drawn.
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/**
 * Characters that nobody sees and a model reads: controls but tab and line ends, zero widths, direction marks, tag
 * characters, soft hyphens, fillers, halves of surrogate pairs. Let be: joiners in emoji and in scripts that need
 * them (Persian, Indic), variation selectors on what has variants, the tags of flags.
 */
export function findInvisible(text: string): Span<InvisibleKind>[] {
  if (!CANDIDATE.test(text)) return [];
  const spans: Span<InvisibleKind>[] = [];
  // The last character that stays, so that taking the others away makes no difference to what is found.
  let before = '';
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at)!;
    const size = code > 0xffff ? 2 : 1;
    const flag = code === BLACK_FLAG ? flagLength(text, at) : 0;
    if (flag > 0) {
      before = String.fromCodePoint(BLACK_FLAG);
      at += flag;
      continue;
    }
    const kind = kindOf(code);
    if (kind === undefined || isMeant(code, kind, before, text, at + size)) before = String.fromCodePoint(code);
    else spans.push({ kind, start: at, end: at + size });
    at += size;
  }
  return spans;
}

/** The text without its invisible characters. */
export function removeInvisible(text: string): string {
  let current = text;
  // Halves of a surrogate pair with something taken from between them become a character.
  for (let spans = findInvisible(current); spans.length > 0; spans = findInvisible(current)) {
    let out = '';
    let at = 0;
    for (const { start, end } of spans) {
      out += current.slice(at, start);
      at = end;
    }
    current = out + current.slice(at);
  }
  return current;
}

function kindOf(code: number): InvisibleKind | undefined {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d ? undefined : 'control';
  if (code < 0x7f) return undefined;
  if (code < 0xa0) return 'control';
  if (code === 0xad) return 'softHyphen';
  if (code === 0xfeff) return 'byteOrderMark';
  if (code === 0x61c || code === 0x200e || code === 0x200f) return 'bidi';
  if (code >= 0x202a && code <= 0x202e) return 'bidi';
  if (code >= 0x2066 && code <= 0x2069) return 'bidi';
  if (code >= 0x200b && code <= 0x200d) return 'zeroWidth';
  if (code >= 0x2060 && code <= 0x206f) return 'zeroWidth';
  if (code >= 0xfe00 && code <= 0xfe0f) return 'variation';
  if (code >= 0x180b && code <= 0x180f) return code === 0x180e ? 'zeroWidth' : 'variation';
  if (code >= 0xe0000 && code <= 0xe007f) return 'tag';
  if (code >= 0xe0100 && code <= 0xe01ef) return 'variation';
  if (code >= 0xd800 && code <= 0xdfff) return 'surrogate';
  if (code === 0x34f || code === 0x115f || code === 0x1160 || code === 0x17b4 || code === 0x17b5) return 'filler';
  return code === 0x3164 || code === 0xffa0 || (code >= 0xfff9 && code <= 0xfffb) ? 'filler' : undefined;
}

function isMeant(code: number, kind: InvisibleKind, before: string, text: string, next: number): boolean {
  if (kind === 'variation') return (code > 0xffff ? IDEOGRAPH : MAY_VARY).test(before);
  if (code !== ZWJ && code !== ZWNJ) return false;
  if (JOINING.test(before)) return true;
  if (code === ZWNJ || next >= text.length) return false;
  return EMOJI_PART.test(before) && PICTURE.test(String.fromCodePoint(text.codePointAt(next)!));
}

/** Length of a flag such as Scotland's, spelled in tag characters behind a black flag; 0 where there is none. */
function flagLength(text: string, at: number): number {
  FLAG.lastIndex = at;
  return FLAG.exec(text)?.[0].length ?? 0;
}

const FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/uy;
