import { type Json, type JsonObject } from '../../common/json.js';
import { type ModelAnswer, type ModelMessage, type ModelUsage } from '../../integrations/index.js';
import { type Execution, type ModelCall } from './execution.js';
import { type LlmTools } from './llm-tools.js';
import { NodeError } from './node-error.js';

/** A conversation to be had. */
export interface Conversation {
  readonly question: Omit<ModelCall, 'functions'>;
  readonly tools: LlmTools;
  readonly maxRounds: number;
}

/** Characters of what a call gave, as the model is told. */
const LONGEST_RESULT = 100_000;

/**
 * Asks until the model has nothing to be called any more. With functions, each answer and each call is a part of the node: a
 * crash repeats neither, and the conversation goes on where it was.
 */
export async function converse(execution: Execution, { question, tools, maxRounds }: Conversation): Promise<Json> {
  if (tools.isEmpty) return valueOf(await ask({ ...question, functions: [] }, execution));
  const { functions, call } = await tools.open(execution);
  const messages: ModelMessage[] = [...question.messages];
  const usage: ModelUsage = { model: question.model, input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  for (let round = 1; round <= maxRounds; round++) {
    const answer = (await execution.part(`round${round}`, (part) =>
      ask({ ...question, messages, functions }, part),
    )) as ModelAnswer;
    add(usage, answer.usage);
    execution.showUsage({ ...usage, rounds: round });
    if (answer.calls.length === 0) return valueOf(answer);
    messages.push({ role: 'assistant', content: answer.text, calls: answer.calls });
    for (const [index, wanted] of answer.calls.entries()) {
      const result = await execution.part(`round${round}.call${index + 1}`, (part) => call(wanted, part));
      messages.push({ role: 'tool', content: told(result), call_id: wanted.id });
    }
  }
  throw new NodeError('too-many-rounds', `The model still asks for calls after ${maxRounds} rounds (max_rounds).`);
}

async function ask(call: ModelCall, execution: Execution): Promise<ModelAnswer> {
  try {
    const answer = await execution.askModel(call, execution);
    execution.showUsage(answer.usage);
    return answer;
  } catch (error) {
    const usage = usageIn(error);
    if (usage) execution.showUsage(usage);
    throw error;
  }
}

/** What an answer cost that can't be used: it counts all the same. */
function usageIn(error: unknown): ModelUsage | undefined {
  const problem = error instanceof Error && 'problem' in error ? (error.problem as JsonObject | undefined) : undefined;
  return problem?.usage as ModelUsage | undefined;
}

function valueOf({ text, output }: ModelAnswer): Json {
  return output === undefined ? { text } : output;
}

function told(result: Json): string {
  const text = JSON.stringify(result);
  return text.length <= LONGEST_RESULT ? text : `${text.slice(0, LONGEST_RESULT)}… (cut here)`;
}

function add(sum: ModelUsage, more: ModelUsage): void {
  sum.input_tokens += more.input_tokens;
  sum.output_tokens += more.output_tokens;
  sum.total_tokens += more.total_tokens;
}
