import { bytes, int64, op, type Part, pickle } from './pickles.js';

/** A tar archive of ustar headers. */
export function tarFile(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return tarOf(Object.entries(members));
}

/** The same, where a name can stand twice. */
export function tarOf(members: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const parts = members.flatMap(([name, content]) => [
    tarHeader(name, content.length),
    content,
    new Uint8Array(-content.length & 511),
  ]);
  return bytes(...parts, new Uint8Array(1024));
}

function tarHeader(name: string, size: number): Uint8Array {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, '0000644\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\u000000');
  const sum = header.reduce((a, b) => a + b, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Two tensors on one float32 storage, `t` whole and `view` on a view of it, as torch before 0.1.10 wrote them. */
export function torchTar(values: readonly number[], shape: [number, number]): Uint8Array {
  const tensor = (key: number, storage: number, shape: number[], strides: number[]): Part => [
    pickle(op.tuple(op.int(key), op.int(storage), op.global('torch', 'FloatTensor'))),
    int64(shape.length),
    ...[...shape, ...strides, 0].map(int64),
  ];
  const [height, width] = shape;
  const id = (key: number): Part => [op.text(String(key)), 'Q'];
  return tarFile({
    sys_info: pickle('}'),
    pickle: pickle(op.dict({ t: id(101), view: id(102) })),
    tensors: bytes(
      pickle(op.int(2)),
      tensor(101, 7, [height, width], [width, 1]),
      tensor(102, 8, [width], [1]),
    ),
    storages: bytes(
      pickle(op.int(1)),
      pickle(op.tuple(op.int(7), op.text('cpu'), op.global('torch', 'FloatStorage'))),
      int64(values.length),
      new Uint8Array(Float32Array.from(values).buffer),
      pickle(op.list(op.tuple(op.int(8), op.int(7), op.int(width), op.int(width)))),
    ),
  });
}

/** A safetensors file of a header, given as what JSON makes of it or as text, and the numbers. */
export function safetensorsFile(header: unknown, numbers: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  return bytes(int64(json.length), json, numbers);
}
