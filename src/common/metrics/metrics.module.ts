import { Global, Module } from '@nestjs/common';
import { MetricsServer } from './metrics-server.js';

/** Tells Prometheus what the metrics of this process say: each is defined beside what it measures. */
@Global()
@Module({ providers: [MetricsServer] })
export class MetricsModule {}
