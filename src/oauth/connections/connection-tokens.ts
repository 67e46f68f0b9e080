import { Injectable } from '@nestjs/common';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { makePublicId } from '../../common/public-id.js';

/** Whose tokens. */
export interface TokenOwner {
  /** The uuid of the connection. */
  readonly connectionId: string;
  readonly userId: string;
}

type TokenColumn = 'access_token' | 'refresh_token';

/** The two secrets of a connection, as they are stored. */
@Injectable()
export class ConnectionTokens {
  constructor(private readonly encryption: EncryptionService) {}

  /** To be awaited before `seal`, and before its transaction. */
  prepare(): Promise<void> {
    return this.encryption.prepare();
  }

  seal(owner: TokenOwner, column: TokenColumn, token: string): string {
    return this.encryption.encrypt(token, placeOf(owner, column));
  }

  /** @throws CiphertextError */
  async open(owner: TokenOwner, column: TokenColumn, sealed: string): Promise<string> {
    return await this.encryption.decrypt(sealed, placeOf(owner, column));
  }
}

function placeOf({ connectionId, userId }: TokenOwner, column: TokenColumn) {
  return { table: 'oauth_connection', column, row: makePublicId('connection', connectionId), owner: userId };
}
