import { defineCommand } from './define-command.js';
import { describeStatus, withRotation } from './encryption-context.js';

export const encryptionStatus = defineCommand({
  words: 'encryption status',
  summary: 'The data keys, and how far the rotation is.',
  help: 'Shows ids, states and master keys of the data keys, the last rotation, and the values that it has left to do.',
  run: (context) =>
    withRotation(context, async (rotation) => {
      for (const line of describeStatus(await rotation.status())) context.print(line);
    }),
});
