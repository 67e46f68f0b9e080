import { type Json } from '../../common/json.js';

/** What a run waits for at one place. */
export interface Pause {
  readonly type: 'timer' | 'approval' | 'workflow' | 'retry' | 'reconnect';
  readonly node_id: string;
  /** ISO time at which the waiting is over by itself. */
  readonly until?: string;
  /** Of an approval: what is asked. */
  readonly title?: string;
  readonly description?: string;
  /** Of an approval: the JSON Schema of its form, as text, since jsonb would not keep the order of its fields. */
  readonly form?: string;
  /** Of a workflow: the run that is waited for. */
  readonly run_id?: string;
  /** Of a reconnect: the account that must be connected again, by its public id. */
  readonly connection_id?: string;
}

/** What came from outside: somebody's answer to an approval, or the end of a child run. */
export interface PauseAnswer {
  readonly value: Json;
  /** Who gave it, where a person did. */
  readonly by?: string | null;
  /** ISO time. */
  readonly at: string;
}

/** How a pause is over: answered, or its time has come. */
export type PauseEnd = { readonly answer: PauseAnswer } | { readonly due: string };
