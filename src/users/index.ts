import { ApiKey } from './api-keys/api-key.entity.js';
import { User } from './user.entity.js';

export { Caller, RequireScope } from './auth/decorators.js';
export { type Principal, principalOf } from './auth/principal.js';
export { revokeApiKey } from './api-keys/api-key-changes.js';
export { Bootstrap } from './bootstrap.js';
export { findUser, keysOf, makeKey, newestUsers, setRole } from './operations.js';
export { type UserRole } from './user.entity.js';
export { UsersModule } from './users.module.js';
export { usersProblems } from './users-problems.js';
export { User };
export const usersEntities = [User, ApiKey];
