import type { BiasTexts } from '../texts.ts';
import { PAIRS_OF_TEXTS } from './pairs.ts';
import { PERSONS } from './persons.ts';
import { TEMPLATES } from './templates.ts';
import { TERMS } from './terms.ts';

/** The texts of this project, written for it. */
export const OUR_TEXTS: BiasTexts = {
  templates: [...TEMPLATES],
  persons: [...PERSONS],
  pairs: [...PAIRS_OF_TEXTS],
  terms: [...TERMS],
};
