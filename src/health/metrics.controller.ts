import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { registry } from '../common/metrics/define-metric.js';
import { RequireScope } from '../users/index.js';

@ApiTags('Operations')
@Controller('metrics')
export class MetricsController {
  /**
   * The metrics of this process, as Prometheus reads them (docs/metrics.md). Never public: `SEER_METRICS_PORT` serves them
   * without credentials to those who reach that port.
   */
  @RequireScope('admin')
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @Header('Content-Type', registry.contentType)
  @Get()
  read(): Promise<string> {
    return registry.metrics();
  }
}
