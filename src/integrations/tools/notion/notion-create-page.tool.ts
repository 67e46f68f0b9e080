import { type Json, type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { callNotion } from './notion-api.js';
import { MOST_BLOCKS, paragraphs, richText } from './rich-text.js';

interface CreatePageInput extends JsonObject {
  title: string;
  text: string;
  properties: JsonObject;
  children: Json[];
}

const id = { type: 'string', pattern: '^[0-9a-fA-F-]{32,36}$' };

/** https://developers.notion.com/reference/post-page */
export const notionCreatePage = defineTool<CreatePageInput>({
  key: 'notion.create_page',
  title: 'Create a page in Notion',
  description:
    'Creates a page under another page, or as a row of a data source of a database. These must be shared with the connection. ' +
    'Notion does not notice when a page is created twice: if Seer crashes between creating it and noting that, the repeated ' +
    'node creates another one.',
  provider: 'notion',
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['title'],
    oneOf: [{ required: ['parent_page_id'] }, { required: ['data_source_id'] }],
    properties: {
      parent_page_id: { ...id, description: 'The page that it is put under: the last part of its address.' },
      data_source_id: { ...id, description: 'The data source that it becomes a row of: see the menu of the database.' },
      title: { type: 'string', minLength: 1, maxLength: 2_000 },
      text: { type: 'string', maxLength: 200_000, default: '', description: 'Its content: a paragraph for each line.' },
      properties: {
        type: 'object',
        default: {},
        description: 'Other columns of the row, by their names or ids, as Notion writes them.',
      },
      children: {
        type: 'array',
        maxItems: MOST_BLOCKS,
        items: { type: 'object' },
        default: [],
        description: 'Blocks after the text, as Notion writes them.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'url', 'created_time'],
    properties: {
      id: { type: 'string' },
      url: { type: 'string', description: 'Where people read it.' },
      created_time: { type: 'string' },
    },
  },
  example: { parent_page_id: '59833787-2cf9-4fdf-8782-e53db20768a5', title: 'Minutes', text: 'We met.\nWe agreed.' },
  async run(context, { title, text, properties, children, ...parent }) {
    const page = await callNotion(context, {
      method: 'POST',
      path: apiPath`/pages`,
      body: {
        parent: parentOf(parent),
        // The title has this id in every data source, whatever its name is there.
        properties: { ...properties, title: { title: richText(title) } },
        children: [...paragraphs(text), ...children],
      },
    });
    return { id: page.text('id'), url: page.text('url'), created_time: page.text('created_time') };
  },
});

function parentOf({ parent_page_id: pageId, data_source_id: sourceId }: JsonObject): JsonObject {
  return pageId === undefined
    ? { type: 'data_source_id', data_source_id: sourceId as string }
    : { type: 'page_id', page_id: pageId };
}
