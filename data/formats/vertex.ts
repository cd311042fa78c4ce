import type { Content, Tool } from '../row.ts';
import { flawOf, isObject, kindOf } from './flaw.ts';
import type { Format } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import { keepStrays, type Strays } from './strays.ts';
import { withRest } from './rest.ts';
import { readContents } from './vertex-read.ts';
import { fromGemini, toGemini } from './vertex-schema.ts';
import { writeContents } from './vertex-write.ts';
import { readDeclaration } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['contents', 'systemInstruction', 'system_instruction', 'tools']);

/** Rows for tuning Gemini: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare */
export const vertex: Format = {
  name: 'vertex',
  fits: (value) => value['contents'] != null && value['completions'] == null,
  read(value, options) {
    const strays: Strays = {};
    const content = readAsked(value, strays);
    return typeof content === 'string' ? content : withRest(content, value, USED, options, strays);
  },
  write(row) {
    if (row.document) return unwritable('is a document');
    if (row.feedback?.good === false) return unwritable('has an answer that was disapproved of');
    const lost = lostBeside(row, ['tools']);
    const written = writeContents(row.messages, lost);
    if (typeof written === 'string') return unwritable(written);
    const { system, contents } = written;
    const value = {
      ...(system ? { systemInstruction: system } : {}),
      contents,
      ...(row.tools ? { tools: writeTools(row.tools, lost) } : {}),
    };
    return { value, lost: [...lost] };
  },
};

/** Reads what both forms of Vertex have: instruction, contents and tools. */
export function readAsked(value: Record<string, unknown>, strays: Strays): Content | string {
  const messages = readContents(value, strays);
  if (typeof messages === 'string') return messages;
  const tools = readVertexTools(value['tools'], strays);
  if (typeof tools === 'string') return tools;
  return { messages, ...(tools ? { tools } : {}) };
}

const TOOL_KEYS: ReadonlySet<string> = new Set(['functionDeclarations', 'function_declarations']);
const SCHEMA_KEYS = ['parameters', 'parametersJsonSchema', 'parameters_json_schema'] as const;

function readVertexTools(found: unknown, strays: Strays): Tool[] | string | undefined {
  if (found === undefined || found === null) return undefined;
  if (!Array.isArray(found)) return `has "tools" that is ${kindOf(found)}, expected a list`;
  const tools: Tool[] = [];
  for (const [index, item] of found.entries()) {
    if (!isObject(item)) return `has ${kindOf(item)} as tool ${index + 1}`;
    const stray = keepStrays(item, TOOL_KEYS, `tools[${index}]`, strays);
    if (stray) return stray;
    const declarations = item['functionDeclarations'] ?? item['function_declarations'] ?? [];
    if (!Array.isArray(declarations)) return `has functionDeclarations that are ${kindOf(declarations)}`;
    for (const declaration of declarations) {
      if (!isObject(declaration)) return `has ${kindOf(declaration)} as a functionDeclaration`;
      const flaw = flawOf(declaration);
      if (flaw) return `has a function with ${flaw}`;
      const [schema, json, jsonSnake] = SCHEMA_KEYS.map((key) => declaration[key] ?? undefined);
      const others = Object.fromEntries(
        Object.entries(declaration).filter(([key]) => !SCHEMA_KEYS.includes(key as 'parameters')),
      );
      const parameters = json ?? jsonSnake ?? (isObject(schema) ? (fromGemini(schema) ?? schema) : schema);
      const tool = readDeclaration({ ...others, parameters }, `tools[${index}].${tools.length}`, strays);
      if (typeof tool === 'string') return tool;
      tools.push(tool);
    }
  }
  return tools.length === 0 ? undefined : tools;
}

function writeTools(tools: readonly Tool[], lost: Set<string>): Record<string, unknown>[] {
  const functionDeclarations = tools.map(({ function: { name, description, parameters, strict } }) => {
    if (strict !== undefined) lost.add('strictness of tools');
    const schema = parameters && toGemini(parameters);
    return {
      name,
      ...(description === undefined ? {} : { description }),
      ...(schema ? { parameters: schema } : parameters ? { parametersJsonSchema: parameters } : {}),
    };
  });
  return [{ functionDeclarations }];
}
