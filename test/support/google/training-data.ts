import { tokensOf, type Lesson } from '../learned.ts';

/** A message as Gemini has it. */
export interface Content {
  role?: string;
  parts?: { text?: string }[];
}

/** What the service makes of a training file. */
export interface TrainingData {
  lessons: Lesson[];
  rows: number;
  tokens: number;
  characters: number;
  /** Rows that were left out, by their number from 1, with the reason. */
  dropped: { row: number; reason: string }[];
  /** The first row that cannot be read: the job fails. */
  problem?: string;
}

/** Text of messages, a blank between. */
export const textOf = (contents: readonly Content[]): string =>
  contents.map(({ parts = [] }) => parts.map(({ text = '' }) => text).join(' ')).join('\n');

/** Reads rows of `contents`, or of `contents` and `completions`. */
export function readTrainingData(
  text: string,
  { kind, maxTokens, dropRows = 0 }: { kind: 'supervised' | 'preference'; maxTokens: number; dropRows?: number },
): TrainingData {
  const data: TrainingData = { lessons: [], rows: 0, tokens: 0, characters: 0, dropped: [] };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    data.rows += 1;
    const row = data.rows;
    const lesson = lessonOf(line, kind);
    if (typeof lesson === 'string') return { ...data, problem: `Row ${row} of the dataset: ${lesson}` };
    const tokens = tokensOf(lesson.whole);
    if (tokens > maxTokens)
      data.dropped.push({ row, reason: `Example has ${tokens} tokens, the maximum is ${maxTokens}.` });
    else if (row <= dropRows) data.dropped.push({ row, reason: 'Example was removed by the safety filters.' });
    else {
      data.lessons.push({ prompt: lesson.prompt, answer: lesson.answer });
      data.tokens += tokens;
      data.characters += lesson.whole.length;
    }
  }
  return data.rows === 0 ? { ...data, problem: 'The dataset is empty.' } : data;
}

/** @returns the lesson and all its text, or why the row cannot be read. */
function lessonOf(line: string, kind: 'supervised' | 'preference'): (Lesson & { whole: string }) | string {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return 'not valid JSON.';
  }
  const contents = row['contents'] as Content[] | undefined;
  if (!Array.isArray(contents) || contents.length === 0) return 'field `contents` is missing or empty.';
  const odd = contents.find(({ role }) => role !== 'user' && role !== 'model');
  if (odd) return `role "${odd.role}" is not one of user, model.`;
  if (contents.some(({ parts }) => !Array.isArray(parts) || parts.length === 0)) return 'a message has no parts.';
  const system = textOf([row['systemInstruction'] ?? row['system_instruction'] ?? {}]);
  const last = contents.at(-1);
  if (kind === 'supervised') {
    if (last?.role !== 'model') return 'the last message has to be of the role model.';
    const prompt = textOf(contents.slice(0, -1));
    const answer = textOf([last]);
    return { prompt, answer, whole: `${system} ${prompt} ${answer}` };
  }
  if (last?.role !== 'user') return 'the last message of `contents` has to be of the role user.';
  const completions = row['completions'] as { score?: number; completion?: Content }[] | undefined;
  const best = completions?.find(({ score }) => score === 1)?.completion;
  const worst = completions?.find(({ score }) => score === 0)?.completion;
  if (completions?.length !== 2 || !best || !worst) return '`completions` has to be one pair with the scores 1 and 0.';
  const prompt = textOf(contents);
  const answer = textOf([best]);
  return { prompt, answer, whole: `${system} ${prompt} ${answer} ${textOf([worst])}` };
}
