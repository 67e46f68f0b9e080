import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../users/index.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from './catalogue.js';
import { TriggerResponse, TriggersResponse } from './trigger.dto.js';

@ApiTags('Catalogues')
@Controller('v1/triggers')
export class TriggersController {
  constructor(@Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue) {}

  /** The kinds of trigger that workflows can be subscribed to. */
  @RequireScope('triggers:read')
  @Get()
  listTriggers(): TriggersResponse {
    return { items: [...this.catalogue.values()].map((trigger) => TriggerResponse.from(trigger)) };
  }
}
