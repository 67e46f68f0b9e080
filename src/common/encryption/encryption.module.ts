import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ENCRYPTED_COLUMNS, type EncryptedColumn } from './encrypted-column.js';
import { EncryptionService } from './encryption.service.js';
import { LiveKeyRing } from './live-key-ring.js';
import { KeyRotation } from './rotation/key-rotation.service.js';

/** The one encryption provider. Global, so it starts before the modules that use it. */
@Global()
@Module({})
export class EncryptionModule {
  /** @param columns all that are encrypted, of every module: a column that is missing here loses its key in a rotation. */
  static forRoot(columns: readonly EncryptedColumn[]): DynamicModule {
    return {
      module: EncryptionModule,
      providers: [{ provide: ENCRYPTED_COLUMNS, useValue: columns }, LiveKeyRing, EncryptionService, KeyRotation],
      exports: [EncryptionService, KeyRotation],
    };
  }
}
