import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from '../common/audit/audit.module.js';
import { ConfigModule } from '../common/config/config.module.js';
import { DatabaseModule } from '../common/database/database.module.js';
import { EncryptionModule } from '../common/encryption/encryption.module.js';
import { KeyRotation, type EncryptionStatus } from '../common/encryption/rotation/key-rotation.service.js';
import { entities } from '../entities.js';
import { secrets } from '../secrets.js';
import { type CommandContext } from './define-command.js';

@Module({})
class EncryptionContext {}

/** Encryption without the rest of the application, for as long as the work takes. */
export async function withRotation(
  { environment, openMigrated }: CommandContext,
  work: (rotation: KeyRotation) => Promise<void>,
): Promise<void> {
  const database = await openMigrated();
  const app: INestApplicationContext = await NestFactory.createApplicationContext(
    {
      module: EncryptionContext,
      imports: [
        ConfigModule.forRoot(environment),
        DatabaseModule.forRoot(entities, database),
        AuditModule.forRoot({ userOf: () => undefined, otherwise: 'cli' }),
        EncryptionModule.forRoot(secrets),
      ],
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    await work(app.get(KeyRotation));
  } finally {
    await app.close();
  }
}

/** The keys, the last rotation, and the values that it has left to do. */
export function describeStatus({ keys, rotation, left }: EncryptionStatus): string[] {
  const lines = keys.map(
    ({ id, status, masterKeyId, createdAt }) =>
      `${id}  ${status.padEnd(7)}  ${createdAt.toISOString()}  ${masterKeyId}`,
  );
  if (!rotation) return [...lines, 'No rotation yet.'];
  const { state, keyId, startedAt, finishedAt, unreadableCount, unreadable } = rotation;
  lines.push(
    `Rotation to ${keyId}: ${state}, began ${startedAt.toISOString()}${finishedAt ? `, ended ${finishedAt.toISOString()}` : ''}`,
  );
  for (const { table, column, rows } of left) lines.push(`  ${table}.${column}: ${rows} values left`);
  if (unreadableCount > 0) lines.push(`  ${unreadableCount} values do not decrypt; their keys stay active:`);
  for (const { table, column, row, key_id: key } of unreadable) {
    lines.push(`    ${table}.${column} of ${row} (key ${key ?? 'unknown'})`);
  }
  return lines;
}
