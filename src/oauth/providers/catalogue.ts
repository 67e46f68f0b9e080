import { type OAuthProvider } from './define-provider.js';
import { google } from './google.provider.js';

/** Every provider; a new one is a file beside this one and a line here. */
export const providers: readonly OAuthProvider[] = [google];
