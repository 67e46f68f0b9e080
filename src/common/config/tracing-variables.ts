import { boolean, integer, oneOf, text, url, type ValuesOf, variable } from './variable.js';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The standard variables of OpenTelemetry that Seer reads itself; its libraries read the others (docs/metrics.md). */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: url({
    protocols: ['https:', 'http:'],
    about: 'Where spans are sent, by OTLP over HTTP, with `/v1/traces` added. Without it nothing is traced.',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url({
    protocols: ['https:', 'http:'],
    about: 'The same as a whole URL, taken as it is; it goes before the other.',
  }),
  OTEL_SDK_DISABLED: boolean({ default: false, about: 'Turns tracing off, whatever else is set.' }),
  OTEL_TRACES_SAMPLER: oneOf({
    values: samplers,
    default: 'parentbased_always_on',
    about: `Which traces are kept: ${samplers.map((name) => `\`${name}\``).join(', ')}.`,
  }),
  OTEL_TRACES_SAMPLER_ARG: ratio({ default: 1, about: 'Share of the traces that `…traceidratio` keeps, 0 to 1.' }),
  OTEL_BSP_SCHEDULE_DELAY: integer({
    default: 5_000,
    min: 1,
    max: 600_000,
    about: 'How long spans gather before they are sent, in milliseconds.',
  }),
  SEER_TRACE_HOSTS: text({
    default: '',
    about:
      'Hosts whose requests carry `traceparent`, comma separated: `api.example.com,*.internal`. By default none: the ids of ' +
      'runs are nobody else’s business.',
  }),
};

function ratio(rule: { about: string; default: number }) {
  return variable<number, number>(rule, (given) => {
    const value = Number(given);
    if (!(value >= 0 && value <= 1)) throw new Error(`must be a number from 0 to 1, not "${given}"`);
    return value;
  });
}

/** What is traced, and how. */
export interface TracingSetting {
  readonly sampler: (typeof samplers)[number];
  readonly ratio: number;
  /** Milliseconds. */
  readonly delay: number;
  /** In lower case, whole or as `*.suffix`. */
  readonly hosts: readonly string[];
}

/** Undefined: nothing is traced. */
export function tracingOf(values: ValuesOf<typeof tracingVariables>): TracingSetting | undefined {
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || values.OTEL_SDK_DISABLED) return undefined;
  const hosts = values.SEER_TRACE_HOSTS.split(',').map((host) => host.trim().toLowerCase());
  return {
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
    delay: values.OTEL_BSP_SCHEDULE_DELAY,
    hosts: hosts.filter((host) => host !== ''),
  };
}
