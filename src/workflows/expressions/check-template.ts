import type { Json } from '../../common/json.js';
import { checkExpression, type ScopeSchemas } from './check-expression.js';
import { ExpressionError } from './expression-error.js';
import { splitText, stringsOf, type TextPart } from './template-text.js';
import { kindOf } from './values.js';

/** What `checkTemplate` found. */
export interface TemplateCheck {
  /** With the pointer (RFC 6901) of the string inside the value. */
  readonly errors: readonly TemplateError[];
  /** The type of the whole: that of the expression if the value is nothing but `${expr}`. */
  readonly type: string;
}

export interface TemplateError {
  readonly pointer: string;
  readonly error: ExpressionError;
}

/** Checks every expression of a template against what is in scope, and collects what is wrong. */
export function checkTemplate(value: Json, scope: ScopeSchemas): TemplateCheck {
  const errors: TemplateError[] = [];
  const collect = <T>(pointer: string, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      errors.push({ pointer, error });
      return undefined;
    }
  };

  let type: string = kindOf(value);
  for (const { text, pointer } of stringsOf(value)) {
    const parts = collect(pointer, () => splitText(text)) ?? [];
    for (const { source } of parts.filter(isExpression)) {
      const result = collect(pointer, () => checkExpression(source, scope));
      if (pointer === '' && parts.length === 1) type = result?.type ?? 'dyn';
    }
  }
  return { errors, type };
}

function isExpression(part: TextPart): part is Extract<TextPart, { source: string }> {
  return 'source' in part;
}
