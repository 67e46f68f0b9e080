import type { ASTNode } from '@marcbachmann/cel-js';
import { Failure } from './expression-error.js';
import type { Node } from './syntax.js';

/** What is known at a place of the tree. */
export interface Place {
  /** The variables that are alive, and their slots. */
  readonly locals: ReadonlyMap<string, number>;
  readonly depth: number;
  readonly comprehensions: number;
  /** Collects the free names of the whole expression. */
  readonly roots: Set<string>;
}

/** A call as it is written, before it is known what it calls. */
export interface Call {
  readonly ast: ASTNode;
  readonly name: string;
  readonly receiver: ASTNode | undefined;
  readonly args: readonly ASTNode[];
}

/** `Node` without the size, which follows from the parts. */
type Unsized<N = Node> = N extends Node ? Omit<N, 'size' | 'start' | 'end'> : never;

/** Makes a node that stands where `ast` stands and consists of `parts`. */
export function makeNode(ast: ASTNode, node: Unsized, parts: readonly (Node | undefined)[]): Node {
  const size = parts.reduce((sum, part) => sum + (part?.size ?? 0), 1);
  return { ...node, start: ast.start, end: ast.end, size };
}

export function invalid(message: string, ast: ASTNode): never {
  throw new Failure('expression-invalid', message, ast.range);
}
