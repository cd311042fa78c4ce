/** 1 when answer and reference are equal after Unicode NFKC, trimming and folding of white space and case, else 0. */
export function exactMatch(prediction: string, reference: string): 0 | 1 {
  return fold(prediction) === fold(reference) ? 1 : 0;
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
