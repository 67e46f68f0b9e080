import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { type GraphEdge, type GraphNode } from './workflow-graph.js';

export class GraphQuery {
  @ApiProperty({ enum: ['json', 'mermaid'], required: false, default: 'json' })
  @IsIn(['json', 'mermaid'])
  format: 'json' | 'mermaid' = 'json';
}

export class GraphNodeResponse implements GraphNode {
  /** @example title */
  id: string;
  /** @example set */
  type: string;
  name: string | null;
  /** The node whose block it is in; null at the top. */
  parent: string | null;
  /** Which block of the parent, as a pointer inside it. @example /then */
  block: string | null;
}

export class GraphEdgeResponse implements GraphEdge {
  /** @example todo */
  source: string;
  /** @example title */
  target: string;
  /** The block that begins here. @example /then */
  label: string | null;
}

export class GraphResponse {
  @ApiProperty({ type: [GraphNodeResponse] })
  nodes: GraphNodeResponse[];
  @ApiProperty({ type: [GraphEdgeResponse] })
  edges: GraphEdgeResponse[];
}
