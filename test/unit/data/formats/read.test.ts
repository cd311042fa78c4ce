import { expect, test } from 'vitest';
import { readRow } from '../../../../data/formats/detect.ts';
import type { FormatOptions } from '../../../../data/formats/format.ts';

const read = (value: unknown, options: FormatOptions = {}) => readRow(value, 'auto', options);
const q = { role: 'user', content: 'Where is it?' };
const a = { role: 'assistant', content: 'There.' };

test('openai: tools, weights, developer, parts, calls and results; further keys are columns', () => {
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' }, strict: true } }];
  const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a": 1}' } };
  const messages = [
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'user',
      name: 'Ann',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      ],
    },
    { role: 'assistant', content: null, tool_calls: [call], weight: 0 },
    { role: 'tool', content: 'nothing', tool_call_id: 'c1' },
    { role: 'assistant', content: 'Nothing.', weight: 1 },
  ];
  expect(read({ messages, tools, parallel_tool_calls: false })).toEqual({
    format: 'openai',
    content: { messages, tools, columns: { parallel_tool_calls: false } },
  });
});

test('openai: function_call and functions of older rows become calls and tools', () => {
  const value = {
    messages: [
      q,
      { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
      { role: 'function', name: 'look', content: '3' },
      a,
    ],
    functions: [{ name: 'look' }],
  };
  expect(read(value)).toEqual({
    format: 'openai',
    content: {
      messages: [
        q,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', name: 'look', content: '3' },
        a,
      ],
      tools: [{ type: 'function', function: { name: 'look' } }],
    },
  });
});

test('openai: what a message has beyond the form is kept under its path, null is as if absent', () => {
  const value = { messages: [q, { ...a, refusal: null, tool_calls: null, reasoning: 'easy' }] };
  expect(read(value)).toEqual({
    format: 'openai',
    content: { messages: [q, a], columns: { 'messages[1].reasoning': 'easy' } },
  });
});

test('openai: arguments given as an object and messages given as JSON text are read', () => {
  const call = { function: { name: 'look', arguments: { a: 1 } } };
  const made = { type: 'function', function: { name: 'look', arguments: '{"a":1}' } };
  expect(read({ messages: JSON.stringify([q, { role: 'assistant', tool_calls: [call] }]) })).toEqual({
    format: 'openai',
    content: { messages: [q, { role: 'assistant', content: null, tool_calls: [made] }] },
  });
});

test('vertex: instruction, files, calls and their results', () => {
  const value = {
    systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }] },
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'Read' },
          { fileData: { mimeType: 'application/pdf', fileUri: 'gs://b/a.pdf' } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        ],
      },
      {
        role: 'model',
        parts: [{ functionCall: { name: 'look', args: { a: 1 } } }, { functionCall: { id: 'c2', name: 'see' } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { output: 'x' } } },
          { functionResponse: { id: 'c2', name: 'see', response: { b: 2 } } },
        ],
      },
      { role: 'model', parts: [{ text: 'Done.' }] },
    ],
    tools: [
      {
        functionDeclarations: [
          { name: 'look', parameters: { type: 'OBJECT', properties: { a: { type: 'INTEGER' } } } },
        ],
      },
      { googleSearch: {} },
    ],
    generationConfig: { temperature: 0 },
  };
  expect(read(value)).toEqual({
    format: 'vertex',
    content: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Read' },
            { type: 'file', file: { uri: 'gs://b/a.pdf', mimeType: 'application/pdf' } },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
            { id: 'c2', type: 'function', function: { name: 'see', arguments: '{}' } },
          ],
        },
        { role: 'tool', name: 'look', content: 'x' },
        { role: 'tool', tool_call_id: 'c2', content: '{"b":2}' },
        { role: 'assistant', content: 'Done.' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'look', parameters: { type: 'object', properties: { a: { type: 'integer' } } } },
        },
      ],
      columns: { 'tools[1].googleSearch': {}, generationConfig: { temperature: 0 } },
    },
  });
});

test('vertex-preference: the completion with the higher score is the chosen one, in either spelling of keys', () => {
  const turn = (text: string) => ({ role: 'model', parts: [{ text }] });
  const value = {
    system_instruction: { parts: [{ text: 'Be brief.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Where is it?' }] }],
    completions: [
      { score: 0, completion: turn('Who knows.') },
      { score: 1, completion: turn('There.') },
    ],
  };
  expect(read(value)).toEqual({
    format: 'vertex-preference',
    content: {
      messages: [{ role: 'system', content: 'Be brief.' }, q],
      chosen: [a],
      rejected: [{ role: 'assistant', content: 'Who knows.' }],
    },
  });
});

test('prompt-completion: texts, lists and a prompt alone', () => {
  expect(read({ prompt: 'Where is it?', completion: 'There.', ticket: 7 })).toEqual({
    format: 'prompt-completion',
    content: { messages: [q, a], columns: { ticket: 7 } },
  });
  expect(read({ prompt: [q], completion: [a] })).toEqual({
    format: 'prompt-completion',
    content: { messages: [q, a] },
  });
  expect(read({ prompt: [q], completion: null })).toEqual({ format: 'prompt-completion', content: { messages: [q] } });
});

test('alpaca: input after the instruction, system, history, preference and KTO', () => {
  const history = [['Hello', 'Hi']];
  expect(read({ instruction: 'Where', input: 'is it?', output: 'There.', system: 'Be brief.', history })).toEqual({
    format: 'alpaca',
    content: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'Where\nis it?' },
        a,
      ],
    },
  });
  expect(read({ instruction: 'Where is it?', input: '', chosen: 'There.', rejected: 'No.' })).toEqual({
    format: 'alpaca',
    content: { messages: [q], chosen: [a], rejected: [{ role: 'assistant', content: 'No.' }] },
  });
  expect(read({ instruction: 'Where is it?', output: 'There.', kto_tag: false })).toEqual({
    format: 'alpaca',
    content: { messages: [q, a], feedback: { good: false } },
  });
});

test('sharegpt: speakers by all their names, calls, results, tools as JSON text', () => {
  const value = {
    system: 'Be brief.',
    conversations: [
      { from: 'human', value: 'Where is it?' },
      { from: 'function_call', value: '[{"name":"look","arguments":{"a":1}}]' },
      { from: 'observation', value: 'there' },
      { from: 'GPT', value: 'There.' },
    ],
    tools: '[{"name":"look","description":"Looks","parameters":{"type":"object"}}]',
  };
  expect(read(value)).toEqual({
    format: 'sharegpt',
    content: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        q,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
        },
        { role: 'tool', content: 'there' },
        a,
      ],
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object' } } }],
    },
  });
});

test('openai-preference: input with tools, and both outputs', () => {
  const value = {
    input: { messages: [q], tools: [], parallel_tool_calls: true },
    preferred_output: [a],
    non_preferred_output: [{ role: 'assistant', content: 'No.' }],
  };
  expect(read(value)).toEqual({
    format: 'openai-preference',
    content: {
      messages: [q],
      chosen: [a],
      rejected: [{ role: 'assistant', content: 'No.' }],
      columns: { 'input.parallel_tool_calls': true },
    },
  });
});

test('trl-preference: prompt given, implied by messages, implied by texts, given and repeated', () => {
  const no = { role: 'assistant', content: 'No.' };
  const content = { messages: [q], chosen: [a], rejected: [no] };
  const whole = { chosen: [q, a], rejected: [q, no] };
  expect(read({ prompt: 'Where is it?', chosen: 'There.', rejected: 'No.' })).toEqual({
    format: 'trl-preference',
    content,
  });
  expect(read(whole)).toEqual({ format: 'trl-preference', content });
  expect(read({ prompt: 'Where is it?', ...whole })).toEqual({ format: 'trl-preference', content });
  expect(read({ prompt: [q], messages: [q, a], chosen: [q, a], rejected: [q, no], score_chosen: 9 })).toEqual({
    format: 'trl-preference',
    content: { ...content, columns: { messages: [q, a], score_chosen: 9 } },
  });
  expect(read({ chosen: 'The sky is blue.', rejected: 'The sky is green.' })).toEqual({
    format: 'trl-preference',
    content: {
      messages: [{ role: 'user', content: 'The sky is' }],
      chosen: [{ role: 'assistant', content: ' blue.' }],
      rejected: [{ role: 'assistant', content: ' green.' }],
    },
  });
});

test('feedback: thumbs, rating, comment and correction', () => {
  expect(read({ prompt: 'Where is it?', completion: 'There.', label: false })).toEqual({
    format: 'feedback',
    content: { messages: [q, a], feedback: { good: false } },
  });
  expect(
    read(
      { prompt: [q], completion: [a], rating: 2, comment: 'vague', correction: 'In the box.', label: 'where' },
      { label: 'label' },
    ),
  ).toEqual({
    format: 'feedback',
    content: { messages: [q, a], feedback: { rating: 2, comment: 'vague', correction: 'In the box.' }, label: 'where' },
  });
});

test('a label of true and false is the class when the recipe says so', () => {
  expect(read({ prompt: 'Where is it?', completion: 'There.', label: true }, { label: 'label' })).toEqual({
    format: 'prompt-completion',
    content: { messages: [q, a], label: 'true' },
  });
});

test('document: a text with what is about it; beside other columns it is none', () => {
  expect(read({ text: 'Long ago', title: 'Tale', url: 'https://example.com', id: 4 })).toEqual({
    format: 'document',
    content: {
      messages: [],
      document: { text: 'Long ago', title: 'Tale', uri: 'https://example.com' },
      columns: { id: 4 },
    },
  });
  expect(read({ text: 'Buy now', spam: true })).toHaveProperty(
    'reason',
    expect.stringContaining('fits no known shape'),
  );
});

const template = { system: 'Route it.', prompt: '{{subject}}', completion: '{{queue}}' };

test('columns: the template makes messages, other columns stay, the label is set, kept columns are kept', () => {
  const value = { subject: 'Where is it?', queue: 'There.', customer: 'c7' };
  const messages = [{ role: 'system', content: 'Route it.' }, q, a];
  expect(read(value, { template, label: 'queue' })).toEqual({
    format: 'columns',
    content: { messages, label: 'There.', columns: { customer: 'c7' } },
  });
  expect(read(value, { template, keep: ['subject', 'customer'] })).toEqual({
    format: 'columns',
    content: { messages, columns: { customer: 'c7', subject: 'Where is it?' } },
  });
});

test('a template comes first where its columns are there, other rows of the file go by their shape', () => {
  const alpaca = { prompt: '{{instruction}}', completion: '{{output}}' };
  expect(read({ instruction: 'Where is it?', output: 'There.', input: 'x' }, { template: alpaca })).toEqual({
    format: 'columns',
    content: { messages: [q, a], columns: { input: 'x' } },
  });
  expect(read({ messages: [q, a] }, { template })).toEqual({ format: 'openai', content: { messages: [q, a] } });
  expect(read({ subject: 'Where is it?' }, { template })).toEqual({
    reason: 'has no column "queue"; its columns are subject',
  });
});

test('a line of a quarantine file is read as the mended row in it', () => {
  const put = { file: 'a.jsonl', source: 0, line: 12, policy: 'roles', reason: 'has two system messages' };
  expect(read({ ...put, row: { messages: [q, a] } })).toEqual({ format: 'openai', content: { messages: [q, a] } });
  expect(read(put)).toEqual({
    reason: 'was put aside without its row: mend "a.jsonl:12", or put the mended row under "row"',
  });
  expect(read({ ...put, row: { ...put, row: { messages: [q] } } })).toHaveProperty(
    'reason',
    expect.stringContaining('twice'),
  );
});

test.each([
  ['prepare', { side: 'train', source: 0, line: 12, policy: 'tokens', reason: '814 tokens, most: 128' }],
  ['synthesize', { filter: 'match', reason: 'is longer than the real ones', detail: 'the prompt' }],
])('so is a line that %s put aside', (_step, put) => {
  const row = { id: '0123456789abcdef', promptId: '0123456789abcdef', source: 0, line: 12, messages: [q, a] };
  expect(read({ ...put, row })).toEqual({ format: 'openai', content: { messages: [q, a] } });
});

test('a row of a test set is a whole conversation again', () => {
  const row = {
    id: '0123456789abcdef',
    promptId: '0123456789abcdef',
    source: 0,
    line: 3,
    messages: [q],
    reference: 'There.',
  };
  expect(read(row)).toEqual({ format: 'openai', content: { messages: [q, a] } });
});

test('null in the columns of other kinds of rows, as Parquet has it, changes nothing', () => {
  const absent = { prompt: null, completion: null, chosen: null, rejected: null, text: null, label: null, tools: null };
  expect(read({ ...absent, messages: [q, a] })).toEqual({ format: 'openai', content: { messages: [q, a] } });
  expect(read({ ...absent, messages: null, text: 'Long ago' })).toEqual({
    format: 'document',
    content: { messages: [], document: { text: 'Long ago' } },
  });
});

test('a row of our own takes its class from the column that the recipe names', () => {
  const row = {
    id: '0123456789abcdef',
    promptId: '0123456789abcdef',
    source: 0,
    line: 3,
    messages: [q, a],
    label: 'old',
    columns: { queue: 7 },
  };
  expect(read(row, { label: 'queue' })).toEqual({
    format: 'openai',
    content: { messages: [q, a], label: '7', columns: { queue: 7 } },
  });
  expect(read(row)).toHaveProperty('content.label', 'old');
});
