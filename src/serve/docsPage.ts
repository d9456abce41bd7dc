import { pageHead } from '../html/pageHead.js';
import { PAGE_STYLE } from '../html/pageStyle.js';
import { text } from '../html/text.js';
import { openapiDocument } from './openapi.js';
import type { ServiceOptions } from './options.js';

interface Described {
  readonly description?: string;
}

interface Parameter extends Described {
  readonly name: string;
  readonly schema: { readonly type: string; readonly [key: string]: unknown };
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Described>>;
}

const STYLE = `${PAGE_STYLE}
body { max-width: 62rem; }
section { margin: 1.5rem 0; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--edge); border-radius: 0.5rem; }
h2 { font: 600 1.1rem ui-monospace, monospace; }
table { width: 100%; border-collapse: collapse; margin-top: 0.75rem; }
th, td { padding: 0.3rem 0.75rem 0.3rem 0; border-top: 1px solid var(--edge); text-align: left; vertical-align: top; }
code, pre { font: 0.9rem ui-monospace, monospace; }
pre { overflow-x: auto; }
.faint { color: var(--faint); }
`;

/** The description of the service for people: a page that asks for nothing beyond itself. */
export function docsPage(options: ServiceOptions): string {
  const { info, paths } = openapiDocument(options) as {
    readonly info: { readonly title: string; readonly description: string };
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const { basePath, token } = options;
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      section(`${method.toUpperCase()} ${basePath}${path}`, operation),
    ),
  );
  const bearer = token === null ? '' : ' -H "Authorization: Bearer $TOKEN"';
  const example = `curl${bearer} --data-binary @horse.jpg "$SERVICE${basePath}/v1/translate?keep-size" -o zebra.png`;
  return `${pageHead({ title: info.title, generator: 'cyclegan serve', style: STYLE, script: '' })}
<main>
<h1>${text(info.title)}</h1>
<p>${text(info.description)} <a href="${basePath}/openapi.json">openapi.json</a> says the same to programs.</p>
<pre>${text(example)}</pre>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function section(title: string, { summary, parameters = [], responses }: Operation): string {
  const options = parameters.map(({ name, schema, description = '' }) => [
    `<code>${text(name)}</code>`,
    `<span class="faint">${text(kindOf(schema))}</span>`,
    text(description),
  ]);
  const answers = Object.entries(responses).map(([status, { description = '' }]) => [
    `<code>${status}</code>`,
    '',
    text(description),
  ]);
  return `<section>
<h2>${text(title)}</h2>
<p>${text(summary)}</p>
${table('Options, as the query', options)}
${table('Answers', answers)}
</section>`;
}

function kindOf({ type, enum: words, minimum, maximum }: Parameter['schema']): string {
  if (Array.isArray(words)) return words.join(' | ');
  return type === 'integer' ? `${minimum} to ${maximum}` : type;
}

function table(caption: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<table><caption class="unseen">${caption}</caption><tbody>${lines.join('')}</tbody></table>`;
}
