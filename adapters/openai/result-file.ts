import type { Point } from './events.ts';

/**
 * Step and training loss out of a job's result file: comma-separated, with names in the first line. OpenAI wraps it in
 * base64; other servers do not. Empty for anything else.
 */
export function pointsInCsv(content: string): Point[] {
  const text = content.includes(',') ? content : Buffer.from(content, 'base64').toString('utf8');
  const [head = '', ...lines] = text.split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
  const at = (name: string): number => names.indexOf(name);
  const [step, loss] = [at('step'), Math.max(at('train_loss'), at('training_loss'))];
  if (step === -1 || loss === -1) return [];
  return lines.flatMap((line) => {
    const cells = line.split(',');
    const [number, value] = [numberIn(cells[step]), numberIn(cells[loss])];
    return number === undefined ? [] : [{ step: number, loss: value }];
  });
}

const numberIn = (cell: string | undefined): number | undefined => {
  const found = cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
  return Number.isFinite(found) ? found : undefined;
};
