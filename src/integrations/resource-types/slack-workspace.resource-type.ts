import { callSlack } from '../tools/slack/slack-api.js';
import { defineAccountType } from './account-type.js';

/** https://docs.slack.dev/reference/methods/auth.test */
export const slackWorkspace = defineAccountType({
  key: 'slack_workspace',
  title: 'Slack workspace',
  description: 'A workspace of Slack with the app in it, for the tools of messages and channels.',
  provider: 'slack',
  async test(access) {
    const found = await callSlack(access, 'auth.test', { body: {} });
    return `The Slack workspace ${found.text('team')} (${found.text('url')}), as ${found.text('user')}.`;
  },
});
