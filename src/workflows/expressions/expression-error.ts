/** What is wrong with an expression. Stable: clients and the preflight report rely on these. */
export type ExpressionErrorCode =
  /** It is not CEL, or calls a function that does not exist. */
  | 'expression-invalid'
  /** It refers to a name that is not in scope. */
  | 'expression-unknown-name'
  /** Its types do not fit, by the declared schemas. */
  | 'expression-type'
  /** It failed on the values it was given: no such field, division by zero, a number beyond 2^53 … */
  | 'expression-error'
  /** It is too large, or its evaluation takes too much time or memory. */
  | 'expression-too-costly';

/** A part of the source, in UTF-16 code units, end exclusive. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one error of this folder. Its message quotes the source and names types and fields, but never a value: a value
 * may be a secret, and messages are stored and logged.
 */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The part of the source that is at fault, where known. */
  readonly range: SourceRange | undefined;

  constructor(
    readonly code: ExpressionErrorCode,
    reason: string,
    /** The source of the expression. */
    readonly expression: string,
    range?: SourceRange,
  ) {
    super(`${reason} (in \`${excerpt(expression, range)}\`)`);
    this.range = range && { start: range.start, end: range.end };
  }
}

/** What goes wrong inside, where the source is not at hand; `withSource` makes an `ExpressionError` of it. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: ExpressionErrorCode,
    message: string,
    readonly range?: SourceRange,
  ) {
    super(message);
  }
}

/** A failure of an evaluation, the only kind that `||`, `&&`, `all` and `exists` may absorb. */
export function fail(message: string): never {
  throw new Failure('expression-error', message);
}

/**
 * Runs `action` and turns its failures into errors that name the source.
 *
 * @param where where the evaluation stood, asked only after a failure that does not know it
 */
export function withSource<T>(source: string, action: () => T, where?: () => SourceRange | undefined): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Failure)
      throw new ExpressionError(error.code, error.message, source, error.range ?? where?.());
    // The engine's own ends: of the stack ("Maximum call stack size exceeded") and of a string ("Invalid string length").
    if (error instanceof RangeError) {
      throw new ExpressionError('expression-too-costly', 'The expression or its values are nested too deep', source);
    }
    throw error;
  }
}

function excerpt(source: string, range: SourceRange = { start: 0, end: source.length }): string {
  const part = source.slice(range.start, range.end) || source;
  return part.length > 80 ? `${part.slice(0, 79)}…` : part;
}
