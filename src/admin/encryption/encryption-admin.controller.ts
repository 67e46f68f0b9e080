import { Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../common/http/problems/api-problems.js';
import { RequireScope } from '../../users/index.js';
import { EncryptionAdminService } from './encryption-admin.service.js';
import { EncryptionKeysResponse, EncryptionRotationResponse } from './encryption.dto.js';

@ApiTags('Admin')
@Controller('v1/admin/encryption')
export class EncryptionAdminController {
  constructor(private readonly encryption: EncryptionAdminService) {}

  /** The data keys of the installation, the oldest first, without their secrets. */
  @RequireScope('admin')
  @Get('keys')
  listEncryptionKeys(): Promise<EncryptionKeysResponse> {
    return this.encryption.keys();
  }

  /**
   * Exchange the data key: a new one encrypts from now on, a job encrypts every stored secret with it, then the keys
   * before it are retired. While a rotation is under way, this only sees to it that its job runs.
   */
  @RequireScope('admin')
  @Post('rotations')
  @HttpCode(HttpStatus.ACCEPTED)
  rotateEncryptionKeys(): Promise<EncryptionRotationResponse> {
    return this.encryption.rotate();
  }

  /** The rotation under way, else the last one, and how much it has left to do. */
  @RequireScope('admin')
  @ApiProblems(404)
  @Get('rotations/current')
  getCurrentEncryptionRotation(): Promise<EncryptionRotationResponse> {
    return this.encryption.currentRotation();
  }
}
