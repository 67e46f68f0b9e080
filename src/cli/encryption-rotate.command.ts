import { defineCommand } from './define-command.js';

export const encryptionRotate = defineCommand({
  words: 'encryption rotate',
  summary: 'Exchange the data key and encrypt everything anew.',
  help: [
    'Makes and promotes a new data key, encrypts every stored secret with it, and retires the keys before it. Seer may',
    'be running meanwhile, in any number of processes. It takes at least ten seconds. When it is interrupted, call it',
    'again: it goes on. A value that does not decrypt is named and keeps its key active; the others are not held up.',
  ].join('\n'),
  async run(context) {
    const { describeStatus, withRotation } = await import('./encryption-context.js');
    await withRotation(context, async (rotation) => {
      const { keyId } = await rotation.begin();
      context.print(`Rotating to the key ${keyId} …`);
      await rotation.advance(context.signal);
      for (const line of describeStatus(await rotation.status())) context.print(line);
    });
  },
});
