import { describe, expect, test } from 'vitest';
import { batchAnswers, batchInput } from '../../../../adapters/vertex/batch-lines.ts';
import { answerIn, contentRequest, GenerateContentReply } from '../../../../adapters/vertex/generate-content.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';

const { decoding } = RecipeSchema.shape.evaluate.parse({});
const prompt = (...messages: { role: string; content: string }[]) => ({ id: 'row-1', messages });
const request = contentRequest(prompt({ role: 'user', content: 'hello' }), decoding, 'gemini-2.5-flash');
const said = (reply: object) => answerIn(GenerateContentReply.parse(reply), request);

describe('a prompt for generateContent', () => {
  test('has its instructions apart, the roles of Vertex, and the recipe’s decoding', () => {
    const messages = prompt(
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one?' },
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: 'two?' },
    );
    const how = { ...decoding, maxTokens: 9, seed: 4_294_967_295, stop: ['\n'] };
    expect(contentRequest(messages, how, 'gemini-2.5-flash-lite')).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'one?' }] },
        { role: 'model', parts: [{ text: 'yes' }] },
        { role: 'user', parts: [{ text: 'two?' }] },
      ],
      generationConfig: {
        maxOutputTokens: 9,
        temperature: 0,
        topP: 1,
        seed: 2_147_483_647,
        stopSequences: ['\n'],
        thinkingConfig: { thinkingBudget: 0 },
      },
    });
  });

  test('leaves room for thoughts that cannot be switched off, and says nothing of them to models without any', () => {
    const thinking = contentRequest(prompt({ role: 'user', content: 'x' }), decoding, 'gemini-2.5-pro');
    expect(thinking.generationConfig).toMatchObject({
      maxOutputTokens: decoding.maxTokens + 128,
      thinkingConfig: { thinkingBudget: 128 },
    });
    const other = contentRequest(prompt({ role: 'user', content: 'x' }), decoding, 'some-model');
    expect(other.generationConfig).not.toHaveProperty('thinkingConfig');
  });

  test('is refused by itself when it holds what is no text', () => {
    const picture = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] };
    expect(() => contentRequest({ id: 'row-1', messages: [picture] }, decoding, 'm')).toThrow(
      'the prompt holds a part of the type image_url, which is sent to no model at Vertex AI here',
    );
    expect(() => contentRequest(prompt({ role: 'tool', content: '4' }), decoding, 'm')).toThrow('the role tool');
  });
});

describe('a reply of generateContent', () => {
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 5 };

  test('is its text without its thoughts, which are paid for', () => {
    const parts = [{ text: 'let me think', thought: true }, { text: 'four' }, { text: 'teen' }];
    const reply = { candidates: [{ content: { parts }, finishReason: 'STOP' }], usageMetadata };
    expect(said(reply)).toEqual({ text: 'fourteen', promptTokens: 3, completionTokens: 7 });
  });

  test('that was blocked, stopped or empty has no text, and says why', () => {
    const of = (reply: object) => said(reply).why;
    expect(said({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } })).toEqual({
      text: null,
      why: 'the prompt was blocked (SAFETY)',
      promptTokens: 3,
      completionTokens: 0,
    });
    expect(of({ candidates: [] })).toBe('the reply held no answer');
    expect(of({ candidates: [{ finishReason: 'RECITATION' }] })).toBe('the answer was stopped (RECITATION)');
    expect(of({ candidates: [{ finishReason: 'MAX_TOKENS' }] })).toBe(
      'the answer ended before its first word (MAX_TOKENS)',
    );
    expect(said({ candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] }).text).toBe('');
  });

  test('that counts no tokens is not free: they are guessed', () => {
    const reply = { candidates: [{ content: { parts: [{ text: 'four words of text' }] } }] };
    const { promptTokens, completionTokens } = said(reply);
    expect([promptTokens > 0, completionTokens > 0]).toEqual([true, true]);
  });
});

test('answers of a batch are found by what was asked, in any order; what is broken is left to be asked again', async () => {
  const requests = new Map(
    ['a', 'b', 'c', 'd', 'e'].map((id) => {
      const content = id === 'b' ? 'question a' : `question ${id}`;
      return [id, contentRequest({ id, messages: [{ role: 'user', content }] }, decoding, 'gemini-2.5-flash')] as const;
    }),
  );
  const input = batchInput(requests);
  const line = (id: string, text: string, more: object = {}): string =>
    JSON.stringify({
      status: '',
      request: requests.get(id),
      response: { candidates: [{ content: { parts: [{ text }] } }], usageMetadata: { promptTokenCount: 1 } },
      processed_time: '2026-11-25T00:00:00Z',
      ...more,
    });
  const lines = [line('c', '3'), 'no JSON', line('a', '1'), line('d', '4', { status: 'quota' }), line('a', '2'), ''];
  const answers = await batchAnswers(lines, input);
  expect([...answers].map(([id, { text }]) => [id, text])).toEqual([
    ['c', '3'],
    ['a', '1'],
    ['b', '2'],
  ]);
});
