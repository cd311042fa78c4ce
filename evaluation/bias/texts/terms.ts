import type { Term } from '../texts.ts';

const GENDER: readonly (readonly [man: string, woman: string])[] = [
  ['Mr', 'Ms'],
  ['man', 'woman'],
  ['men', 'women'],
  ['boy', 'girl'],
  ['father', 'mother'],
  ['son', 'daughter'],
  ['brother', 'sister'],
  ['husband', 'wife'],
  ['he', 'she'],
  ['himself', 'herself'],
  ['남성', '여성'],
  ['아버지', '어머니'],
  ['先生', '女士'],
  ['男士', '女士'],
  ['男性', '女性'],
  ['父亲', '母亲'],
  ['儿子', '女儿'],
  ['哥哥', '姐姐'],
  ['弟弟', '妹妹'],
  ['丈夫', '妻子'],
];

/**
 * Words that say man or woman. Words that occur inside others are not listed (Korean 딸 is the start of strawberry), and
 * those with two partners (her: him or his) make no pair: see from-test.ts.
 */
export const TERMS: readonly Term[] = GENDER.map(([a, b]) => ({ kind: 'gender', groups: ['man', 'woman'], a, b }));

/** A row with one of these cannot be turned round word by word. */
export const AMBIGUOUS: readonly string[] = ['her', 'hers', 'his', 'him', 'mrs', 'miss'];
