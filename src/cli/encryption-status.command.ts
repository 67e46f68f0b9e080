import { defineCommand } from './define-command.js';

export const encryptionStatus = defineCommand({
  words: 'encryption status',
  summary: 'The data keys, and how far the rotation is.',
  help: 'Shows ids, states and master keys of the data keys, the last rotation, and the values that it has left to do.',
  async run(context) {
    const { describeStatus, withRotation } = await import('./encryption-context.js');
    await withRotation(context, async (rotation) => {
      for (const line of describeStatus(await rotation.status())) context.print(line);
    });
  },
});
