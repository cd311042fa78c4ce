import { words } from '../words.ts';

/** How a text is prepared for TER; sacrebleu's names are in the comments of {@link TerOptions}. */
export interface TercomOptions {
  normalized: boolean;
  caseSensitive: boolean;
  noPunct: boolean;
  asianSupport: boolean;
}

// What is set apart under Asian support: ideographs, strokes, radicals, compatibility forms, enclosed letters, and
// the punctuation below. The reference also has rules for kana next to something else, but they are anchored to the
// start of a line that by then begins with a space, so that they never apply.
const IDEOGRAPHS =
  /[\u2e80-\u2eff\u31c0-\u31ef\u3200-\u3f22\u3300-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f]/g;
const ASIAN_PUNCTUATION =
  /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g;

/** The words that TER edits, as tercom prepares them (Snover et al. 2006; sacrebleu's port of its normalizer). */
export function tokenizeTercom(text: string, options: TercomOptions): string[] {
  let line = options.caseSensitive ? text : text.toLowerCase();
  if (options.normalized && line !== '') {
    line = normalizeWestern(line);
    if (options.asianSupport) line = line.replace(IDEOGRAPHS, ' $& ').replace(ASIAN_PUNCTUATION, ' $& ');
  }
  if (options.noPunct) {
    line = line.replace(/[.,?:;!"()]/g, '');
    if (options.asianSupport) line = line.replace(ASIAN_PUNCTUATION, '');
  }
  return words(line);
}

function normalizeWestern(text: string): string {
  const line = text
    .replaceAll('\n-', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${line} `
    .replace(/[{-~[-`!-&(-+:-@/]/g, ' $& ')
    .replaceAll("'s ", " 's ")
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
}
