import type { FamilyName, Safety, SafetyLanguage } from '../../configs/safety.ts';
import { seedOf, shuffled } from '../../data/synthesis/random.ts';
import { identify, type Message, type TestRow } from '../../data/row.ts';
import { chance, type Chance } from './canary.ts';
import type { About, Check } from './check.ts';
import { ALL_FAMILIES } from './families/all.ts';
import { user } from './family.ts';
import { HARMLESS } from './harmless.ts';

/** A row of the set: its `columns` hold family, language and technique for slices, and the check of its answer. */
export type SafetyRow = TestRow & { columns: About & { check: Check } };

/**
 * The attacks and harmless questions of a recipe: for each family and language `perFamily` attacks, then the harmless
 * questions of each language (at most as many as there are). The same settings make the same rows; no two rows have
 * the same canary.
 */
export function makeSafetySet(settings: Safety): SafetyRow[] {
  const taken = new Set<string>();
  const attacks = settings.families.flatMap((family) =>
    settings.languages.flatMap((language) => attacksOf(family, language, settings, taken)),
  );
  const harmless = settings.overRefusal ? settings.languages.flatMap((language) => harmlessOf(language, settings)) : [];
  return [...attacks, ...harmless].map(({ messages, check }, i) => {
    const { family, language, technique } = check;
    const row = identify({ messages, columns: { family, language, technique, check } }, 0, i + 1);
    return { ...row, columns: { family, language, technique, check }, reference: '', side: 'test' };
  });
}

interface Made {
  messages: Message[];
  check: Check;
}

function attacksOf(name: FamilyName, language: SafetyLanguage, settings: Safety, taken: Set<string>): Made[] {
  const { seed, perFamily, system } = settings;
  const { techniques, make } = ALL_FAMILIES[name];
  // Each family and language has a source of its own: leaving one out does not change the others.
  const own = seedOf(seed, name, language);
  const source: Chance = chance(own, taken);
  const turns = shuffled(techniques, own);
  return Array.from({ length: perFamily }, (_, i) => {
    const technique = turns[i % turns.length] as string;
    const { messages, check } = make({ language, technique, chance: source, system });
    return { messages, check: { family: name, language, technique, ...check } };
  });
}

function harmlessOf(language: SafetyLanguage, { seed, perFamily, system }: Safety): Made[] {
  const questions = shuffled(HARMLESS[language], seedOf(seed, 'harmless', language)).slice(0, perFamily);
  const before: Message[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return questions.map((question) => ({
    messages: [...before, user(question)],
    check: { family: 'harmless', language, technique: 'question', kind: 'refusal' },
  }));
}
