import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type Response } from 'express';
import { Idempotent } from '../common/http/idempotency/idempotent.js';
import { PageQuery } from '../common/http/paging/page.dto.js';
import { ApiProblems } from '../common/http/problems/api-problems.js';
import { Caller, type Principal, RequireScope } from '../users/index.js';
import { GraphQuery, GraphResponse } from './graph/graph.dto.js';
import { toMermaid } from './graph/mermaid.js';
import { CreateWorkflowRequest, UpdateWorkflowRequest, WorkflowPage, WorkflowResponse } from './workflow.dto.js';
import { WorkflowsService } from './workflows.service.js';

@ApiTags('Workflows')
@ApiExtraModels(GraphResponse)
@Controller('v1/workflows')
export class WorkflowsController {
  constructor(private readonly workflows: WorkflowsService) {}

  /** Create a workflow with its first draft. */
  @RequireScope('workflows:write')
  @Idempotent()
  @ApiCreatedResponse({ type: WorkflowResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Post()
  async createWorkflow(
    @Caller() caller: Principal,
    @Body() body: CreateWorkflowRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WorkflowResponse> {
    const workflow = await this.workflows.create(caller, body);
    response.setHeader('Location', `/v1/workflows/${workflow.workflow_id}`);
    return workflow;
  }

  /** Your workflows, newest first. */
  @RequireScope('workflows:read')
  @Get()
  listWorkflows(@Caller() caller: Principal, @Query() query: PageQuery): Promise<WorkflowPage> {
    return this.workflows.list(caller, query);
  }

  /** A workflow. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @Get(':id')
  getWorkflow(@Caller() caller: Principal, @Param('id') id: string): Promise<WorkflowResponse> {
    return this.workflows.get(caller, id);
  }

  /** Change name, description or tags. */
  @RequireScope('workflows:write')
  @ApiProblems(404)
  @Patch(':id')
  updateWorkflow(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: UpdateWorkflowRequest,
  ): Promise<WorkflowResponse> {
    return this.workflows.update(caller, id, body);
  }

  /** Delete a workflow with its versions, runs and all else that belongs to it. */
  @RequireScope('workflows:write')
  @ApiProblems(404)
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  deleteWorkflow(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.workflows.delete(caller, id);
  }

  /** Nodes and edges of the draft, for a picture; `format=mermaid` gives a Mermaid flowchart. */
  @RequireScope('workflows:read')
  @ApiProblems(404)
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(GraphResponse) } },
      'text/plain': { schema: { type: 'string' } },
    },
  })
  @Get(':id/graph')
  async getWorkflowGraph(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() { format }: GraphQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GraphResponse | string> {
    const graph = await this.workflows.graph(caller, id);
    if (format === 'json') return graph;
    response.type('text/plain');
    return toMermaid(graph);
  }
}
