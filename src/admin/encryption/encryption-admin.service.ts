import { Injectable } from '@nestjs/common';
import { EncryptionUnavailableError } from '../../common/encryption/encryption.errors.js';
import { KeyRotation } from '../../common/encryption/rotation/key-rotation.service.js';
import { rotateKeys } from '../../common/encryption/rotation/rotate-keys.job.js';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { EncryptionKeysResponse, EncryptionRotationResponse } from './encryption.dto.js';
import { NoRotationError, RotationUnavailableError } from './encryption.errors.js';

@Injectable()
export class EncryptionAdminService {
  constructor(
    private readonly rotation: KeyRotation,
    private readonly jobs: Jobs,
  ) {}

  async keys(): Promise<EncryptionKeysResponse> {
    return EncryptionKeysResponse.from((await this.rotation.status()).keys);
  }

  /**
   * Begins a rotation, or goes on with the one under way; a job does the work.
   * @throws RotationUnavailableError
   */
  async rotate(): Promise<EncryptionRotationResponse> {
    await this.rotation.begin().catch((error: unknown) => {
      throw error instanceof EncryptionUnavailableError ? new RotationUnavailableError(error) : error;
    });
    await this.jobs.enqueue(rotateKeys, {}, { singletonKey: 'rotation' });
    return this.currentRotation();
  }

  /**
   * The rotation under way, else the last one.
   * @throws NoRotationError
   */
  async currentRotation(): Promise<EncryptionRotationResponse> {
    const { rotation, left } = await this.rotation.status();
    if (!rotation) throw new NoRotationError();
    return EncryptionRotationResponse.from(rotation, left);
  }
}
