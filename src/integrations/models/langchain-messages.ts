import { type BaseMessage } from '@langchain/core/messages';
import { type AIMessageChunk } from '@langchain/core/messages';
import { isJsonObject, type Json } from '../../common/json.js';
import { ToolError } from '../tools/tool-error.js';
import { type ModelAnswer, type ModelFunction, type ModelFunctionCall, type ModelMessage } from './model-question.js';

/** Characters of one answer, whatever a server sends. */
const LONGEST_ANSWER = 2 * 1024 * 1024;
/** Calls that one answer may ask for. */
const MOST_CALLS = 64;

/** Our messages as LangChain's. */
export async function toMessages(messages: readonly ModelMessage[]): Promise<BaseMessage[]> {
  const { AIMessage, HumanMessage, SystemMessage, ToolMessage } = await import('@langchain/core/messages');
  return messages.map((message) => {
    const { content } = message;
    switch (message.role) {
      case 'system':
        return new SystemMessage(content);
      case 'user':
        return new HumanMessage(content);
      case 'tool':
        return new ToolMessage({ content, tool_call_id: message.call_id });
      case 'assistant': {
        const calls = (message.calls ?? []).map(({ id, name, arguments: args }) => ({
          id,
          name,
          args: isJsonObject(args) ? args : {},
        }));
        return new AIMessage({ content, tool_calls: calls });
      }
    }
  });
}

/** Functions in the form that LangChain makes every provider's of. */
export function toTools(functions: readonly ModelFunction[]) {
  return functions.map((declared) => ({ type: 'function' as const, function: { ...declared } }));
}

/**
 * Reads a streamed answer to its end.
 * @throws ToolError when it is none
 */
export async function readAnswer(
  stream: AsyncIterable<AIMessageChunk>,
  model: string,
  onText: (text: string) => void,
): Promise<ModelAnswer> {
  let whole: AIMessageChunk | undefined;
  let size = 0;
  // Counts are cumulative where they come more than once (Anthropic's Messages); adding them up, as `concat` does, is too much.
  let input = 0;
  let output = 0;
  for await (const chunk of stream) {
    const text = textOf(chunk);
    size += text.length;
    if (size > LONGEST_ANSWER) {
      throw new ToolError('upstream-refused', `The answer has more than ${LONGEST_ANSWER} characters.`, false);
    }
    if (text !== '') onText(text);
    input = Math.max(input, chunk.usage_metadata?.input_tokens ?? 0);
    output = Math.max(output, chunk.usage_metadata?.output_tokens ?? 0);
    whole = whole ? whole.concat(chunk) : chunk;
  }
  if (!whole) throw new ToolError('upstream-error', 'The model ended its answer before it began.', true);
  return {
    text: textOf(whole),
    calls: callsOf(whole),
    usage: { model, input_tokens: input, output_tokens: output, total_tokens: input + output },
  };
}

function textOf({ content }: AIMessageChunk): string {
  if (typeof content === 'string') return content;
  return content.map((block) => ('text' in block && typeof block.text === 'string' ? block.text : '')).join('');
}

/** From the raw text: LangChain takes the beginning of an object that broke off for the whole of it. */
function callsOf({ tool_call_chunks: chunks = [] }: AIMessageChunk): ModelFunctionCall[] {
  if (chunks.length > MOST_CALLS) {
    throw new ToolError('upstream-refused', `The model asks for more than ${MOST_CALLS} calls at once.`, false);
  }
  return chunks.map(({ id, name, args }, index) => ({
    id: id ?? `call_${index}`,
    name: name ?? '',
    arguments: parseArguments(args ?? ''),
  }));
}

/** What is no JSON stays a text, which no function takes: the model is told so. */
function parseArguments(text: string): Json {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
