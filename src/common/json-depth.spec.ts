import { type Json } from './json.js';
import { isDeeperThan, isValueDeeperThan } from './json-depth.js';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('the depth of JSON', () => {
  it.each([
    ['', 2, false],
    [nested(3), 3, false],
    [nested(4), 3, true],
    ['{"a":{"a":{"a":{}}}}', 3, true],
    ['{"a":[{"a":1},{"a":2},{"a":3},{"a":4}]}', 3, false],
    [JSON.stringify(['[[[[[[[[', '{{{{{{{']), 3, false],
    [JSON.stringify(['"[[[[[[[', '\\"{{{{{{', '\\']), 3, false],
    [JSON.stringify({ '[[[[[[[': [['\\']] }), 3, false],
    [JSON.stringify({ '"': [[['\\']]] }), 3, true],
  ])('%s is deeper than %i: %s', (json, limit, deeper) => {
    expect(isDeeperThan(limit, json)).toBe(deeper);
    if (json !== '') expect(isValueDeeperThan(limit, JSON.parse(json) as Json)).toBe(deeper);
  });
});
