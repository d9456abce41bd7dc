import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { QUERY_OPTIONS } from '../../src/serve/query.js';
import { ROUTES } from '../../src/serve/routes.js';
import { ADDRESS, smallService, translation } from '../support/serving.js';

const service = smallService({ token: 'a-token-of-some-length' });
const ask = (path: string) =>
  service(
    new Request(`${ADDRESS}${path}`, {
      headers: { authorization: 'Bearer a-token-of-some-length' },
    }),
  );

interface Parameter {
  readonly name: string;
  readonly in: string;
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1', async () => {
    const document = await (await ask('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    const result = await new Validator().validate(document);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    // It looks.
    const broken = await new Validator().validate({ ...document, paths: { x: 1 } });
    expect(broken.valid).toBe(false);
  });

  it('has every address that there is, and every option', async () => {
    const { paths } = await (await ask('/openapi.json')).json();
    const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = [...ROUTES].filter(([path]) => path !== '/');
    expect(described.sort()).toEqual(
      routes.map(([path, { method }]) => `${method} ${path}`).sort(),
    );
    const parameters: Parameter[] = paths['/v1/translate'].post.parameters;
    expect(parameters.map(({ name }) => name)).toEqual(Object.keys(QUERY_OPTIONS));
    expect(parameters.every((parameter) => parameter.in === 'query')).toBe(true);
  });

  it('is on a page, which asks for nothing beyond itself', async () => {
    const response = await ask('/docs');
    const page = await response.text();
    for (const name of Object.keys(QUERY_OPTIONS)) expect(page).toContain(`<code>${name}</code>`);
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).toContain("default-src 'none'");
  });
});

describe('/metrics', () => {
  it('is the text format of Prometheus, and counts', async () => {
    await service(translation('resize=none', { headers: {} }));
    const authorization = { authorization: 'Bearer a-token-of-some-length' };
    await service(translation('resize=none', { headers: authorization }));
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const lines = (await response.text()).trimEnd().split('\n');
    const line =
      /^(# (HELP \w+ .+|TYPE \w+ (counter|gauge|histogram))|\w+(\{(\w+="[^"\\]*",?)+\})? -?[\d.e+-]+)$/;
    for (const text of lines) expect(text).toMatch(line);
    expect(lines).toContain('cyclegan_requests_total{route="translate",status="200"} 1');
    expect(lines).toContain('cyclegan_requests_total{route="translate",status="401"} 1');
    expect(lines).toContain('cyclegan_in_progress 0');
    for (const stage of ['read', 'queue', 'decode', 'network', 'encode']) {
      expect(lines).toContain(`cyclegan_stage_duration_seconds_count{stage="${stage}"} 1`);
    }
    // Buckets add up.
    const buckets = lines.filter((text) =>
      text.startsWith('cyclegan_request_duration_seconds_bucket{route="translate"'),
    );
    const counts = buckets.map((text) => Number(text.split(' ')[1]));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(2);
  });
});
