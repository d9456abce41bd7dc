import { expect, it } from 'vitest';
import { namesAt, refusalOf } from '../../src/http/guard.js';

/** RFC 9110, 7.2: a client leaves the usual port out of `Host`; browsers leave it out of `Origin`, too. */
it.each([
  [80, '127.0.0.1', 'http://127.0.0.1', true],
  [80, 'localhost', 'http://localhost', true],
  [80, 'localhost:80', undefined, true],
  [80, 'elsewhere.example', undefined, false],
  [80, 'localhost', 'http://elsewhere.example', false],
  [4570, 'localhost:4570', 'http://localhost:4570', true],
  [4570, 'localhost', undefined, false],
  [4570, 'localhost:4570', 'http://localhost', false],
])('a server at port %i answers a request for %s from %s: %s', (port, host, origin, isAnswered) => {
  const names = namesAt(port, ['127.0.0.1', 'localhost']);
  expect(refusalOf({ headers: { host, origin } }, names) === null).toBe(isAnswered);
});
