import { airtable } from './airtable.provider.js';
import { asana } from './asana.provider.js';
import { atlassian } from './atlassian.provider.js';
import { type OAuthProvider } from './define-provider.js';
import { discord } from './discord.provider.js';
import { dropbox } from './dropbox.provider.js';
import { github } from './github.provider.js';
import { gitlab } from './gitlab.provider.js';
import { google } from './google.provider.js';
import { hubspot } from './hubspot.provider.js';
import { linear } from './linear.provider.js';
import { microsoft } from './microsoft.provider.js';
import { notion } from './notion.provider.js';
import { salesforce } from './salesforce.provider.js';
import { slack } from './slack.provider.js';
import { zoom } from './zoom.provider.js';

/** Every provider; a new one is a file beside this one and a line here. */
export const providers: readonly OAuthProvider[] = [
  google,
  github,
  slack,
  notion,
  linear,
  microsoft,
  gitlab,
  hubspot,
  airtable,
  discord,
  dropbox,
  salesforce,
  atlassian,
  zoom,
  asana,
];
