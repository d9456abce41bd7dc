import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBytes } from '../../src/platform/byteInput.js';
import { bearerFor } from '../../src/platform/tokens.js';

afterEach(() => vi.unstubAllEnvs());

describe('tokens of the environment', () => {
  it('are for the hosts that they were given for, by https', () => {
    vi.stubEnv('CYCLEGAN_TOKEN', 'huggingface.co=hf_abc  example.org:8443=x=y');
    const of = (address: string) => bearerFor(new URL(address));
    expect(of('https://huggingface.co/a.pth')).toBe('Bearer hf_abc');
    expect(of('https://HuggingFace.co/a.pth')).toBe('Bearer hf_abc');
    expect(of('https://example.org:8443/')).toBe('Bearer x=y');
    for (const other of ['example.org', 'cdn.huggingface.co', 'huggingface.co.example.net']) {
      expect(of(`https://${other}/`)).toBeUndefined();
    }
    expect(() => of('http://huggingface.co/')).toThrow(/not sent by http/);
  });

  it.each(['hf_secret', 'huggingface.co=', '=hf_secret', 'a.b=hf_secret\u00e9'])(
    'are refused as %j, without being told',
    (text) => {
      vi.stubEnv('CYCLEGAN_TOKEN', text);
      const ask = () => bearerFor(new URL('https://huggingface.co/'));
      expect(ask).toThrow(/HOST=TOKEN/);
      expect(ask).not.toThrow(/secret/);
    },
  );
});

describe('an address that wants a token', () => {
  let servers: Server[] = [];
  let asked: (string | undefined)[] = [];
  const listen = async (answer: RequestListener) => {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  beforeEach(() => {
    asked = [];
  });
  afterEach(() => {
    for (const server of servers) server.close();
    servers = [];
  });

  it('gets it, and says how to give one where there is none', async () => {
    const host = await listen((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer secret' ? 200 : 401;
      response.end('file');
    });
    await expect(readBytes(`http://${host}/a.pth`)).rejects.toThrow(
      `the server answers 401 Unauthorized; if it wants a token, set CYCLEGAN_TOKEN='${host}=TOKEN'`,
    );
    vi.stubEnv('CYCLEGAN_TOKEN', `${host}=secret`);
    expect(Buffer.from(await readBytes(`http://${host}/a.pth`)).toString()).toBe('file');
    vi.stubEnv('CYCLEGAN_TOKEN', `${host}=other`);
    await expect(readBytes(`http://${host}/a.pth`)).rejects.toThrow(
      /with the token that CYCLEGAN_TOKEN has/,
    );
  });

  it('does not pass it on to whichever host it leads to', async () => {
    const end = await listen((request, response) => {
      asked.push(request.headers.authorization);
      response.end('file');
    });
    const begin = await listen((_, response) => {
      response.writeHead(302, { location: `http://${end}/b.pth` });
      response.end();
    });
    vi.stubEnv('CYCLEGAN_TOKEN', `${begin}=secret`);
    await readBytes(`http://${begin}/a.pth`);
    expect(asked).toEqual([undefined]);
  });
});
