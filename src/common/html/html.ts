/** A piece of HTML in which every text is escaped already. */
export class Html {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

type Content = Html | string | number | boolean | null | undefined | readonly Content[];

/** Template tag: what is put in is escaped unless it is HTML itself; lists are joined, nothing is nothing. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(parts.reduce((text, part, index) => text + contentText(contents[index - 1]) + part));
}

/** A whole page for people without an account: readable on a phone, without script. */
export function page(title: string, body: Html): string {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  return text.toString();
}

function contentText(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Html) return content.toString();
  if (Array.isArray(content)) return content.map(contentText).join('');
  return escapeHtml(String(content as string | number | true));
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const style = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 1.5rem; }
main { max-width: 36rem; margin: 0 auto; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
.text { white-space: pre-line; }
label, legend { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
input:not([type=checkbox]), select, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; }
label.check { font-weight: 400; }
.hint { font-size: .9rem; margin: .25rem 0; }
.fault { color: #b3261e; font-size: .9rem; margin: .25rem 0; }
@media (prefers-color-scheme: dark) { .fault { color: #ffb4ab; } }
button { font: inherit; padding: .6rem 1.2rem; margin: 1.5rem .75rem 0 0; cursor: pointer; }
`;
