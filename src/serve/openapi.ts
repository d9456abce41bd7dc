import { FORM_FIELD } from './body.js';
import { RESULT_TYPES } from './negotiate.js';
import type { ServiceOptions } from './options.js';
import { PROBLEM_TYPE } from './problem.js';
import { QUERY_OPTIONS } from './query.js';

type Json = Readonly<Record<string, unknown>>;

const VERSION = '1';
const BINARY = {};
const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** Answers that are problems, by status. */
const PROBLEMS: Readonly<Record<string, string>> = {
  '400': 'an option, the form or the body is not one that is taken',
  '401': 'the token is missing or wrong',
  '403': 'the request was sent to another name, or by a page of another origin',
  '406': 'Accept allows no format that is written',
  '408': 'the body came too slowly',
  '413': 'there are more bytes or pixels than are taken',
  '415': 'the body is no picture that is read',
  '422': 'the picture is damaged, or the network cannot take it',
  '429': 'as many requests wait as may; Retry-After says for how long to wait',
  '500': 'the service failed',
  '503': 'the service is about to end, or the request took too long',
};

/**
 * The description of the service, made of what it runs by.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openapiDocument({ basePath, token, maxBytes }: ServiceOptions): Json {
  const security = token === null ? [] : [{ bearer: [] }];
  return {
    openapi: '3.1.0',
    info: {
      title: 'cyclegan',
      version: VERSION,
      description:
        'Pictures through image-to-image generators. It takes bytes, and fetches nothing.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    security,
    paths: {
      '/v1/translate': { post: translateOperation(maxBytes) },
      '/v1/models': {
        get: operation('models', 'the models that there are', {
          'application/json': { schema: { $ref: '#/components/schemas/Models' } },
        }),
      },
      ...openPaths(),
      '/metrics': {
        get: operation('metrics', 'counters and times, for Prometheus', {
          'text/plain': { schema: { type: 'string' } },
        }),
      },
    },
    components: {
      schemas: { Problem: PROBLEM_SCHEMA, Models: MODELS_SCHEMA },
      securitySchemes: token === null ? {} : { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function translateOperation(maxBytes: number): Json {
  const types = [...RESULT_TYPES.values()].map((type) => [type, BINARY]);
  return {
    operationId: 'translate',
    summary: 'a picture through a network',
    parameters: Object.entries(QUERY_OPTIONS).map(([name, { help, schema }]) => ({
      name,
      in: 'query',
      description: help,
      schema,
    })),
    requestBody: {
      required: true,
      description: `A picture file of at most ${maxBytes} bytes.`,
      content: {
        'image/*': BINARY,
        'application/octet-stream': BINARY,
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: [FORM_FIELD],
            properties: { [FORM_FIELD]: { type: 'string', contentMediaType: 'image/*' } },
            additionalProperties: false,
          },
        },
      },
    },
    responses: {
      '200': {
        description: 'the picture that the network makes',
        headers: {
          'X-Request-Id': header('the id of the request, in the log'),
          'Server-Timing': header('milliseconds of each stage'),
          'Cyclegan-Notes': header(
            'what there is to tell of the picture: turned, damaged, faint, flat, clipped',
          ),
        },
        content: Object.fromEntries(types),
      },
      ...problems(Object.keys(PROBLEMS)),
    },
  };
}

function header(description: string): Json {
  return { description, schema: { type: 'string' } };
}

/** Without a token. */
function openPaths(): Json {
  const text = { 'text/plain': { schema: { type: 'string' } } };
  const open = (id: string, summary: string, content: Json, further: string[] = []) => ({
    get: { ...operation(id, summary, content, further), security: [] },
  });
  return {
    '/livez': open('live', 'whether the process answers', text),
    '/readyz': open('ready', 'whether requests are taken', text, ['503']),
    '/openapi.json': open('openapi', 'this description', {
      'application/json': { schema: { type: 'object' } },
    }),
    '/docs': open('docs', 'this description, for people', {
      'text/html': { schema: { type: 'string' } },
    }),
  };
}

function operation(
  operationId: string,
  summary: string,
  content: Json,
  further: readonly string[] = ['401'],
): Json {
  return {
    operationId,
    summary,
    responses: {
      '200': { description: summary, content },
      ...problems([...further, '403']),
    },
  };
}

function problems(statuses: readonly string[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: PROBLEMS[status], content: { [PROBLEM_TYPE]: { schema: PROBLEM } } },
    ]),
  );
}

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: TEXT,
    title: TEXT,
    status: { type: 'integer' },
    detail: { ...TEXT, description: 'for people' },
    code: { ...TEXT, description: 'for programs', pattern: '^ERR_' },
    requestId: TEXT,
  },
};

const RANGE = { type: 'array', items: NUMBER, minItems: 2, maxItems: 2 };

const MODELS_SCHEMA = {
  type: 'object',
  required: ['models'],
  properties: {
    models: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'default', 'family'],
        properties: {
          name: TEXT,
          default: { type: 'boolean' },
          family: TEXT,
          inputChannels: { type: 'integer' },
          outputChannels: { type: 'integer' },
          inputRange: RANGE,
          outputRange: RANGE,
          channelOrder: { type: 'string', enum: ['rgb', 'bgr'] },
          multipleOf: { type: 'integer' },
          notes: { type: 'array', items: TEXT },
        },
      },
    },
  },
};
