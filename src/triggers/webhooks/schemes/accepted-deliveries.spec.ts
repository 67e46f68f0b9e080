import { type Sender, deliveryOf, now, nowSeconds, senders } from './senders.spec-helper.js';
import { bodyOf, Random } from './random.spec-helper.js';

const DELIVERIES = 200;

function idIn(sender: Sender, headers: Record<string, string>, body: Buffer): string | undefined {
  if (sender.id !== 'body') return sender.id === undefined ? undefined : headers[sender.id];
  try {
    return (JSON.parse(body.toString()) as { id?: string }).id;
  } catch {
    return undefined;
  }
}

describe.each(senders)('$name', (sender) => {
  it('accepts what its sender signs, whatever is in it, and knows the id of the event', async () => {
    const random = new Random(1);
    let accepted = 0;
    for (let nth = 0; nth < DELIVERIES; nth++) {
      const body = bodyOf(random, nth, sender.bodies);
      const secret = sender.newSecret(random);
      // Every second from the oldest to the newest that is accepted.
      const headers = await sender.sign(
        body,
        secret,
        nowSeconds - 300 + Math.round((nth * 600) / (DELIVERIES - 1)),
        random,
      );
      const { id } = await sender.scheme.verify(deliveryOf(headers, body), sender.options, [secret], now);
      expect(id).toBe(idIn(sender, headers, body));
      accepted++;
    }
    expect(accepted).toBe(DELIVERIES);
  });

  it('takes the old secret as well as the new one, as long as both are given', async () => {
    const random = new Random(2);
    const [old, current] = [sender.newSecret(random), sender.newSecret(random)];
    for (const secret of [old, current]) {
      const body = Buffer.from('{"id":"evt_1"}');
      const delivery = deliveryOf(await sender.sign(body, secret, nowSeconds, random), body);
      const verify = async (secrets: string[]): Promise<unknown> =>
        sender.scheme.verify(delivery, sender.options, secrets, now);
      await expect(verify([current, old])).resolves.toBeDefined();
      await expect(verify(secret === old ? [current] : [old])).rejects.toThrow();
    }
  });

  it('names every header that it reads, and no other', async () => {
    const random = new Random(3);
    const named = new Set(sender.scheme.headers(sender.options));
    const headers = await sender.sign(Buffer.from('{}'), sender.newSecret(random), nowSeconds, random);
    expect(Object.keys(headers).filter((name) => !named.has(name))).toEqual([]);
  });
});
