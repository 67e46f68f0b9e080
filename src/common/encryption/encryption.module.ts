import { Global, Module } from '@nestjs/common';
import { EncryptionService } from './encryption.service.js';

/** The one encryption provider. Global, so it starts before the modules that use it. */
@Global()
@Module({ providers: [EncryptionService], exports: [EncryptionService] })
export class EncryptionModule {}
