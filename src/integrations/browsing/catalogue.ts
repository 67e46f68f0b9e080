import { type Browser } from './define-browser.js';
import { modelBrowsers } from './models.browser.js';

/** Everything that can be browsed; a new one is a file beside this one and a line here. */
export const browsers: readonly Browser[] = [...modelBrowsers];
