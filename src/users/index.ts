import { ApiKey } from './api-keys/api-key.entity.js';
import { User } from './user.entity.js';

export { AccessWatch } from './auth/access-watch.js';
export { Caller, RequireScope } from './auth/decorators.js';
export { ScopeMissingError } from './auth/auth.errors.js';
export { knownPrincipal, type Principal, principalOf } from './auth/principal.js';
export { Bootstrap } from './bootstrap.js';
export { type Deactivation, Deactivations } from './deactivations.js';
export { type UserRole, userRoles, type UserStatus, userStatuses } from './user.entity.js';
export { UserNotFoundError } from './user.errors.js';
export { UserStanding } from './user-standing.service.js';
export { OwnerResponse, ownerColumns, ownerName, type OwnerRow } from './owners/owner.dto.js';
export { Owners } from './owners/owners.service.js';
export { findUser, keysOf, makeKey, newestUsers, revokeKey, setRole } from './operations.js';
export { UsersModule } from './users.module.js';
export { usersProblems } from './users-problems.js';
export { User };
export const usersEntities = [User, ApiKey];
