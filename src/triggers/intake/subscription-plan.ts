import { Inject, Injectable } from '@nestjs/common';
import { type Json, type JsonObject } from '../../common/json.js';
import { LruCache } from '../../common/lru-cache.js';
import { type Expression, ExpressionError, parseExpression } from '../../workflows/index.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type Trigger } from '../types/define-trigger.js';

/** What a subscription does with an event, made of its config. */
export interface SubscriptionPlan {
  readonly type: Trigger;
  /** Whether the event is wanted. @throws ExpressionError */
  wants(trigger: JsonObject): boolean;
  /** The inputs of the run. @throws ExpressionError */
  inputsOf(trigger: JsonObject, takesInputs: boolean): Json;
}

/** An expression of a config gives something that it must not give. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError';
}

/** Makes plans of subscriptions; those of their last revisions are kept. */
@Injectable()
export class SubscriptionPlans {
  private readonly plans = new LruCache<string, SubscriptionPlan>(5_000);

  constructor(@Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue) {}

  /** @throws Error when the trigger is not in this build */
  of(subscription: { id: string; revision: number; trigger_type: string; config: JsonObject }): SubscriptionPlan {
    const { id, revision, trigger_type: key, config } = subscription;
    return this.plans.getOrMake(`${id} ${revision}`, () => {
      const type = this.catalogue.get(key);
      if (!type) throw new Error(`There is no trigger "${key}" in this build.`);
      return planOf(type, config);
    });
  }
}

/** @throws ExpressionError */
export function planOf(type: Trigger, { filter, inputs }: JsonObject): SubscriptionPlan {
  const condition = typeof filter === 'string' ? parseExpression(filter) : undefined;
  const mapping = Object.entries((inputs ?? {}) as Record<string, string>).map(
    ([name, source]): [string, Expression] => [name, parseExpression(source)],
  );
  return {
    type,
    wants(trigger) {
      const wanted = condition ? condition.evaluate({ trigger }) : true;
      if (typeof wanted !== 'boolean')
        throw new WrongResultError(`the filter gave ${JSON.stringify(wanted)}, not true or false`);
      return wanted;
    },
    inputsOf(trigger, takesInputs) {
      if (inputs !== undefined) {
        return Object.fromEntries(mapping.map(([name, expression]) => [name, evaluated(name, expression, trigger)]));
      }
      return takesInputs ? trigger.data! : {};
    },
  };
}

function evaluated(name: string, expression: Expression, trigger: JsonObject): Json {
  try {
    return expression.evaluate({ trigger });
  } catch (error) {
    if (error instanceof ExpressionError) throw new WrongResultError(`the input "${name}": ${error.message}`);
    throw error;
  }
}
