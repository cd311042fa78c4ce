import type { Content, Message } from '../../../../data/row.ts';

type Change = (message: Message) => Message;

const without =
  (key: 'name' | 'weight'): Change =>
  ({ [key]: _gone, ...message }) =>
    message;

const withoutIds: Change = ({ tool_call_id: _gone, ...message }) => ({
  ...message,
  ...(message.tool_calls ? { tool_calls: message.tool_calls.map(({ id: _id, ...call }) => call) } : {}),
});

const joined: Change = (message) =>
  Array.isArray(message.content) && message.content.every((part) => part.type === 'text')
    ? { ...message, content: message.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n') }
    : message;

const mapParts =
  (change: (part: Record<string, never>) => unknown): Change =>
  (message) =>
    Array.isArray(message.content)
      ? { ...message, content: message.content.map((part) => change(part as never)) as never }
      : message;

/** What each kind of loss takes away from a message. */
const IN_MESSAGES: Record<string, Change> = {
  'message weight': without('weight'),
  name: without('name'),
  'tool call ids': withoutIds,
  'absent tool call ids': withoutIds,
  'spelling of arguments': (message) => ({
    ...message,
    ...(message.tool_calls
      ? {
          tool_calls: message.tool_calls.map((call) => ({
            ...call,
            function: { ...call.function, arguments: JSON.stringify(JSON.parse(call.function.arguments)) },
          })),
        }
      : {}),
  }),
  'developer role': (message) => (message.role === 'developer' ? { ...message, role: 'system' } : message),
  'borders of text parts': joined,
  'text beside a tool call': (message) => (message.tool_calls ? { ...message, content: null } : message),
  'image detail': mapParts((part) => {
    const { type, image_url: image } = part as unknown as { type: string; image_url?: { url: string } };
    return type === 'image_url' ? { type, image_url: { url: image?.url } } : part;
  }),
  'that a file is an image': mapParts(fileOf),
  'that an image is a file': mapParts(fileOf),
};

function fileOf(part: Record<string, unknown>): unknown {
  const {
    type,
    image_url: image,
    file,
  } = part as { type: string; image_url?: { url: string }; file?: { uri: string } };
  return type === 'text' ? part : { where: image?.url ?? file?.uri };
}

const BESIDE: Record<string, keyof Content> = {
  tools: 'tools',
  feedback: 'feedback',
  label: 'label',
  columns: 'columns',
  'row weight': 'weight',
  origin: 'origin',
};

/** The content less what was reported lost, and in one of the ways of writing that say the same. */
export function lessLost(content: Content, lost: readonly string[]): Content {
  let result: Content = structuredClone(content);
  for (const what of lost) {
    const change = IN_MESSAGES[what];
    const key = BESIDE[what];
    if (change) result = onMessages(result, change);
    else if (key) delete result[key];
    else if (what === 'messages') result.messages = [];
    else if (what === 'rating, comment or correction') {
      const good = result.feedback?.good;
      if (good === undefined) delete result.feedback;
      else result.feedback = { good };
    } else if (what === 'empty system message')
      result.messages = result.messages.filter(
        (message, index) =>
          index > 0 || message.role !== 'system' || (message.content !== '' && !isEmptyParts(message)),
      );
    else if (what === 'strictness of tools')
      result.tools = (result.tools ?? []).map(({ type, function: { strict: _gone, ...rest } }) => ({
        type,
        function: rest,
      }));
    else if (!what.startsWith('turns that LLaMA-Factory skips')) throw new Error(`unknown loss ${what}`);
  }
  const names = new Map<string, string>();
  return onMessages(result, (message) => {
    for (const { id, function: called } of message.tool_calls ?? []) if (id !== undefined) names.set(id, called.name);
    const content = message.content;
    // A list of one text says what the text says.
    const one =
      Array.isArray(content) && content.length === 1 && content[0]?.type === 'text' ? content[0].text : content;
    const { name, ...rest } = message;
    // The call says the name already.
    const isSaid =
      message.role === 'tool' && message.tool_call_id !== undefined && names.get(message.tool_call_id) === name;
    return { ...(isSaid || name === undefined ? rest : { ...rest, name }), content: one };
  });
}

const isEmptyParts = ({ content }: Message): boolean =>
  Array.isArray(content) && content.length === 1 && content[0]?.type === 'text' && content[0].text === '';

const onMessages = (content: Content, change: Change): Content => ({
  ...content,
  messages: content.messages.map(change),
  ...(content.chosen ? { chosen: content.chosen.map(change) } : {}),
  ...(content.rejected ? { rejected: content.rejected.map(change) } : {}),
});
