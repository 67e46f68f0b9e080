import { defineCounter, defineGauge, defineHistogram, registry } from './define-metric.js';

const linesOf = async (name: string) =>
  (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('a metric', () => {
  it('counts what is not among the values of a label as other', async () => {
    const counter = defineCounter({ name: 'seer_spec_total', help: 'x', labels: { status: ['good', 'bad'] } });
    counter.add({ status: 'good' });
    counter.add({ status: `hostile" } 1\n` });
    counter.of({ status: 'also hostile' }).add(2);
    expect(await linesOf('seer_spec_total')).toEqual([
      'seer_spec_total{status="good"} 1',
      'seer_spec_total{status="bad"} 0',
      'seer_spec_total{status="other"} 3',
    ]);
  });

  it('has its first event counted, too: few series begin at 0', async () => {
    defineCounter({ name: 'seer_spec_first_total', help: 'x', labels: { a: ['1', '2'], b: ['3'] } });
    expect(await linesOf('seer_spec_first_total')).toEqual([
      'seer_spec_first_total{a="1",b="3"} 0',
      'seer_spec_first_total{a="2",b="3"} 0',
    ]);
  });

  it('has buckets', async () => {
    const histogram = defineHistogram({ name: 'seer_spec_seconds', help: 'x', buckets: [1, 2] }).of({});
    histogram.observe(1.5);
    expect(await linesOf('seer_spec_seconds')).toContain('seer_spec_seconds_bucket{le="2"} 1');
  });

  it('is read when somebody asks, and left out while it is not known', async () => {
    const gauge = defineGauge({ name: 'seer_spec_things', help: 'x', labels: { of: ['me'] } });
    let things: number | undefined = 3;
    gauge.read({ of: 'me' }, () => things);
    expect(await linesOf('seer_spec_things')).toEqual(['seer_spec_things{of="me"} 3']);
    things = undefined;
    expect(await linesOf('seer_spec_things')).toEqual([]);
  });
});
