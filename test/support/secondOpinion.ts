import { unzipSync } from 'fflate';
import { BufferReader, Parser } from 'pickleparser';

/** A call that rebuilds a tensor, as pickleparser finds it. */
export interface SecondTensor {
  readonly shape: unknown;
  readonly strides: unknown;
  readonly offset: unknown;
}

interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** torch's magic number, which is longer than pickleparser reads. */
const MAGIC_BYTES = 15;

/**
 * The state dict of a legacy or zip file as pickleparser reads it.
 * @param path Where in a checkpoint it is.
 * @throws What pickleparser throws for files that it cannot read.
 */
export function secondOpinion(
  content: Uint8Array,
  path: readonly string[] = [],
): Map<string, SecondTensor> {
  const parser = new Parser({
    unpicklingTypeOfDictionary: 'Map',
    persistentResolver: { resolve: (pid: unknown) => pid },
    nameResolver: {
      resolve:
        (module, name) =>
        (...args: unknown[]) =>
          `${module}.${name}` === 'collections.OrderedDict' ? new Map() : { name, args },
    },
  });
  let found = readRoot(parser, content);
  for (const name of path) found = (found as Map<string, unknown>).get(name);
  return new Map([...(found as Map<string, Call>)].map(([key, call]) => [key, tensorOf(call)]));
}

function readRoot(parser: Parser, content: Uint8Array): unknown {
  if (content[0] === 0x50) {
    const entries = unzipSync(content);
    const name = Object.keys(entries).find((entry) => entry.endsWith('data.pkl')) as string;
    return parser.read(new BufferReader(entries[name]));
  }
  const reader = new BufferReader(content.slice(MAGIC_BYTES));
  parser.read(reader); // protocol version
  parser.read(reader); // facts of the system
  return parser.read(reader);
}

function tensorOf({ name, args }: Call): SecondTensor {
  if (name === '_rebuild_parameter') return tensorOf(args[0] as Call);
  const [, offset, shape, strides] = args;
  return { offset, shape, strides };
}
