/**
 * Porter's stemmer with the extensions of NLTK 3.10, which rouge_score uses: Porter 1980, "An algorithm for suffix
 * stripping", Program 14(3), and nltk.stem.porter in its default mode.
 */
export function stem(word: string): string {
  const lower = word.toLowerCase();
  const irregular = IRREGULAR.get(lower);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return lower;
  return withoutDoubleL(withoutE(step4(step3(step2(yToI(pastTense(plural(lower))))))));
}

const IRREGULAR = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

type Condition = (stem: string) => boolean;
/** Suffix, what takes its place, and when; of several suffixes the first that fits decides, whatever the condition says. */
type Rule = readonly [suffix: string, replacement: string, condition?: Condition];

function apply(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, condition] of rules) {
    if (!word.endsWith(suffix)) continue;
    const rest = word.slice(0, word.length - suffix.length);
    return condition === undefined || condition(rest) ? rest + replacement : word;
  }
  return word;
}

const isVowelLetter = (letter: string | undefined): boolean =>
  letter === 'a' || letter === 'e' || letter === 'i' || letter === 'o' || letter === 'u';

/** y is a consonant at the beginning and after a vowel. Digits count as consonants. */
function isConsonant(word: string, at: number): boolean {
  if (word[at] !== 'y') return !isVowelLetter(word[at]);
  let first = at;
  while (first > 0 && word[first] === 'y') first -= 1;
  return !isVowelLetter(word[first]) === ((at - first) % 2 === 0);
}

/** How often a vowel is followed by a consonant. */
function measure(word: string): number {
  let count = 0;
  let wasConsonant = true;
  for (let i = 0; i < word.length; i += 1) {
    const letter = word[i];
    const consonant: boolean = letter === 'y' ? i === 0 || !wasConsonant : !isVowelLetter(letter);
    if (consonant && !wasConsonant && i > 0) count += 1;
    wasConsonant = consonant;
  }
  return count;
}

function hasVowel(word: string): boolean {
  let wasConsonant = false;
  for (let i = 0; i < word.length; i += 1) {
    wasConsonant = word[i] === 'y' ? i === 0 || !wasConsonant : !isVowelLetter(word[i]);
    if (!wasConsonant) return true;
  }
  return false;
}

const isLong: Condition = (rest) => measure(rest) > 0;
const isLonger: Condition = (rest) => measure(rest) > 1;

/** Consonant, vowel, consonant other than w, x and y; or a vowel and a consonant that are the whole word. */
function endsShort(word: string): boolean {
  const last = word.length - 1;
  if (last === 1) return !isConsonant(word, 0) && isConsonant(word, 1);
  return (
    last >= 2 &&
    isConsonant(word, last - 2) &&
    !isConsonant(word, last - 1) &&
    isConsonant(word, last) &&
    !'wxy'.includes(word[last] as string)
  );
}

function plural(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return apply(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ]);
}

function pastTense(word: string): string {
  if (word.endsWith('ied')) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2);
  if (word.endsWith('eed')) return isLong(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((end) => word.endsWith(end) && hasVowel(word.slice(0, -end.length)));
  if (suffix === undefined) return word;
  const rest = word.slice(0, -suffix.length);
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  const last = rest.at(-1) as string;
  if (rest.length >= 2 && last === rest.at(-2) && isConsonant(rest, rest.length - 1))
    return 'lsz'.includes(last) ? rest : rest.slice(0, -1);
  return measure(rest) === 1 && endsShort(rest) ? `${rest}e` : rest;
}

const yToI = (word: string): string =>
  apply(word, [['y', 'i', (rest) => rest.length > 1 && isConsonant(rest, rest.length - 1)]]);

const STEP_2: readonly Rule[] = [
  ['ational', 'ate', isLong],
  ['tional', 'tion', isLong],
  ['enci', 'ence', isLong],
  ['anci', 'ance', isLong],
  ['izer', 'ize', isLong],
  ['bli', 'ble', isLong],
  ['alli', 'al', isLong],
  ['entli', 'ent', isLong],
  ['eli', 'e', isLong],
  ['ousli', 'ous', isLong],
  ['ization', 'ize', isLong],
  ['ation', 'ate', isLong],
  ['ator', 'ate', isLong],
  ['alism', 'al', isLong],
  ['iveness', 'ive', isLong],
  ['fulness', 'ful', isLong],
  ['ousness', 'ous', isLong],
  ['aliti', 'al', isLong],
  ['iviti', 'ive', isLong],
  ['biliti', 'ble', isLong],
  ['fulli', 'ful', isLong],
  // The l before ogi counts as part of what has to be long.
  ['logi', 'log', (rest) => isLong(`${rest}l`)],
];

function step2(word: string): string {
  if (word.endsWith('alli') && isLong(word.slice(0, -4))) return step2(word.slice(0, -2));
  return apply(word, STEP_2);
}

const STEP_3: readonly Rule[] = [
  ['icate', 'ic', isLong],
  ['ative', '', isLong],
  ['alize', 'al', isLong],
  ['iciti', 'ic', isLong],
  ['ical', 'ic', isLong],
  ['ful', '', isLong],
  ['ness', '', isLong],
];
const step3 = (word: string): string => apply(word, STEP_3);

const STEP_4: readonly Rule[] = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map((suffix): Rule => [
    suffix,
    '',
    isLonger,
  ]),
  ['ion', '', (rest) => isLonger(rest) && /[st]$/.test(rest)],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((suffix): Rule => [suffix, '', isLonger]),
];
const step4 = (word: string): string => apply(word, STEP_4);

function withoutE(word: string): string {
  if (!word.endsWith('e')) return word;
  const rest = word.slice(0, -1);
  const length = measure(rest);
  return length > 1 || (length === 1 && !endsShort(rest)) ? rest : word;
}

const withoutDoubleL = (word: string): string =>
  word.endsWith('ll') && isLonger(word.slice(0, -1)) ? word.slice(0, -1) : word;
