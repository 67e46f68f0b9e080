import { type ExecutionContext } from '@nestjs/common';
import type pg from 'pg';
import { type Owner, ownerOfTables, rolesOf, type WallRoles } from '../../src/common/database/walls/roles.js';
import { AuthGuard } from '../../src/users/auth/auth.guard.js';
import { knownPrincipal, rememberPrincipal } from '../../src/users/auth/principal.js';

/** The roles of the walls of the database that this is a connection to. */
export async function rolesIn(client: pg.ClientBase): Promise<WallRoles> {
  return rolesOf((await client.query<Owner>(ownerOfTables)).rows[0]!.name);
}

const { canActivate } = AuthGuard.prototype;

/** From now on the code takes the attacker for the victim: no filter of it holds anything back. */
export function blindTheCode(attackerId: string, victimId: string): void {
  AuthGuard.prototype.canActivate = async function (this: AuthGuard, context: ExecutionContext) {
    const may = await canActivate.call(this, context);
    const request = context.switchToHttp().getRequest();
    const principal = knownPrincipal(request);
    if (principal?.userId === attackerId) rememberPrincipal(request, { ...principal, userId: victimId });
    return may;
  };
}

export function openItsEyes(): void {
  AuthGuard.prototype.canActivate = canActivate;
}
