import type { Budget } from '../budget.js';
import { fieldOf, JsonError, JsonReader, type JsonValue } from '../container/jsonReader.js';
import { COSTS } from '../pickle/costs.js';
import { PthError } from '../pthError.js';
import {
  type ExportedArgument,
  type ExportedInput,
  type ExportedNode,
  type ExportedProgram,
  type ExportedTensor,
  isName,
} from './exportedProgram.js';
import { SCALAR_TYPES } from './scalarTypes.js';

/** All but the numbers of its constants. */
export type ProgramText = Omit<ExportedProgram, 'constants'>;

/** A node, a tensor or an input here, with its maps. */
const ITEM_COST = 5 * COSTS.dict;

/**
 * Reads what `torch.export` writes of a program: JSON by a schema that versions of torch add to. What is not asked for is passed
 * over: where each node came from, which shape each value has.
 *
 * @throws PthError when it is damaged.
 * @see torch/_export/serde/schema.py
 */
export function readProgram(bytes: Uint8Array, budget: Budget): ProgramText {
  const reading = new ProgramReading(new JsonReader(bytes, budget), budget);
  return readJson(() => reading.program());
}

/** @throws PthError in place of what a reader of JSON throws. */
export function readJson<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw bad(error.message, error.at);
  }
}

export function bad(message: string, offset = 0): PthError {
  return new PthError('ERR_PTH_PT2', `A description in the exported program is wrong: ${message}`, {
    offset,
  });
}

class ProgramReading {
  readonly #json: JsonReader;
  readonly #budget: Budget;
  readonly #nodes: ExportedNode[] = [];
  readonly #tensors = new Map<string, ExportedTensor>();
  readonly #inputs: string[] = [];
  readonly #outputs: string[] = [];
  readonly #graphInputs = new Set<string>();
  readonly #shapes = new Map<string, (number | null)[]>();
  #torch: string | null = null;

  constructor(json: JsonReader, budget: Budget) {
    this.#json = json;
    this.#budget = budget;
  }

  program(): ProgramText {
    const json = this.#json;
    json.object((name) => {
      if (name === 'graph_module') this.#fields({ graph: this.#graph, signature: this.#signature });
      else if (name === 'torch_version') this.#torch = textOrNull(json.value());
      else json.skip();
    });
    json.end();
    const inputs = this.#inputs.map(
      (name): ExportedInput => ({ name, shape: this.#shapes.get(name) ?? null }),
    );
    return {
      torch: this.#torch,
      nodes: this.#nodes,
      tensors: this.#tensors,
      inputs,
      outputs: this.#outputs,
    };
  }

  /** An object of which these fields count. */
  #fields(readers: Readonly<Record<string, () => void>>): void {
    this.#json.object((name) => {
      if (Object.hasOwn(readers, name)) readers[name]();
      else this.#json.skip();
    });
  }

  readonly #graph = (): void => {
    const list = (read: () => void) => () => this.#json.list(read);
    this.#fields({
      inputs: list(() => this.#graphInputs.add(nameIn(this.#item()) ?? '')),
      nodes: list(() => this.#node()),
      tensor_values: () => this.#json.object((name) => this.#shapeOf(name)),
    });
  };

  /** Of what a call is given; those of other values are not needed, and many. */
  #shapeOf(name: string): void {
    if (!this.#graphInputs.has(name)) {
      this.#json.skip();
      return;
    }
    this.#fields({
      sizes: () => {
        const sizes = this.#json.value();
        if (Array.isArray(sizes)) this.#shapes.set(name, sizes.map(sideOf));
      },
    });
  }

  /** A value of any kind that something is made of. */
  #item(): JsonValue {
    this.#budget.takeValues(ITEM_COST, 'The program');
    return this.#json.value();
  }

  #node(): void {
    const json = this.#json;
    const parts = new Map<string, ExportedArgument>();
    let [target, name, outputs]: [string, string, readonly string[]] = ['', '', []];
    this.#budget.takeValues(ITEM_COST, 'The program');
    this.#fields({
      target: () => {
        target = json.text();
      },
      name: () => {
        name = textOrNull(json.value()) ?? '';
      },
      inputs: () =>
        json.list(() => {
          const input = this.#item();
          const key = textOrNull(fieldOf(input, 'name'));
          if (key === null) throw json.error('an argument has no name');
          parts.set(key, argumentOf(fieldOf(input, 'arg')));
        }),
      outputs: () => {
        outputs = listOf(this.#item()).flatMap(namesIn);
      },
    });
    this.#nodes.push({ target, name: name || (outputs[0] ?? ''), arguments: parts, outputs });
  }

  readonly #signature = (): void => {
    this.#fields({
      input_specs: () => this.#json.list(() => this.#inputSpec(this.#item())),
      output_specs: () => this.#json.list(() => this.#outputSpec(this.#item())),
    });
  };

  #inputSpec(spec: JsonValue): void {
    const user = fieldOf(spec, 'user_input');
    if (user !== null) {
      this.#inputs.push(nameIn(fieldOf(user, 'arg')) ?? '');
      return;
    }
    const [field, tensor] = [...(spec instanceof Map ? spec : [])][0] ?? ['', null];
    const name =
      nameIn(fieldOf(tensor, 'arg')) ?? textOrNull(fieldOf(fieldOf(tensor, 'arg'), 'name'));
    const key = textOrNull(fieldOf(tensor, `${field}_name`));
    if (name === null || key === null) return;
    const isLost = field === 'buffer' && fieldOf(tensor, 'persistent') === false;
    const kind =
      field === 'parameter' ? 'parameter' : field === 'buffer' && !isLost ? 'buffer' : 'constant';
    this.#tensors.set(name, { kind, key });
  }

  #outputSpec(spec: JsonValue): void {
    const user = fieldOf(spec, 'user_output');
    if (user !== null) this.#outputs.push(nameIn(fieldOf(user, 'arg')) ?? '');
  }
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOrNull(value: JsonValue): string | null {
  return typeof value === 'string' ? value : null;
}

/** `{ as_int: 3 }`; what depends on an input is an expression. */
function sideOf(size: JsonValue): number | null {
  const side = fieldOf(size, 'as_int');
  return typeof side === 'number' && Number.isSafeInteger(side) && side >= 0 ? side : null;
}

function nameIn(argument: JsonValue): string | null {
  return namesIn(argument)[0] ?? null;
}

/** Names that an argument is, or is a list of. */
function namesIn(argument: JsonValue): string[] {
  const read = argumentOf(argument);
  const items = Array.isArray(read) ? read : [read];
  return items.flatMap((item) => (isName(item) ? [item.name] : []));
}

const NAMED = new Set(['as_tensor', 'as_sym_int', 'as_sym_float', 'as_sym_bool']);
const PLAIN = new Set([
  ...['as_int', 'as_ints', 'as_float', 'as_floats', 'as_bool', 'as_bools'],
  ...['as_string', 'as_strings'],
]);
const LISTS = new Set(['as_tensors', 'as_optional_tensors', 'as_sym_ints', 'as_sym_floats']);
/** Floats that JSON has no numbers for. */
const WORDS: Readonly<Record<string, number>> = {
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
};

/** `{ as_ints: [1, 1] }`, and so on. */
function argumentOf(argument: JsonValue): ExportedArgument {
  if (!(argument instanceof Map)) return null;
  const [[kind, value]] = argument.size === 0 ? [['nothing', null] as const] : [...argument];
  if (kind === 'as_none') return null;
  if (['name', 'as_name'].includes(kind) && typeof value === 'string') return { name: value };
  if (NAMED.has(kind)) {
    const name = textOrNull(fieldOf(value, 'name')) ?? textOrNull(fieldOf(value, 'as_name'));
    return name === null ? argumentOf(value) : { name };
  }
  if (LISTS.has(kind)) return listOf(value).map(argumentOf);
  if (kind === 'as_scalar_type')
    return { dtype: SCALAR_TYPES.get(typeof value === 'number' ? value : -1) ?? null };
  if (kind === 'as_float' && typeof value === 'string' && Object.hasOwn(WORDS, value))
    return WORDS[value];
  if (PLAIN.has(kind)) return plainOf(value) ?? { other: kind };
  return { other: kind };
}

function plainOf(value: JsonValue): ExportedArgument | null {
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map(plainOf);
    return items.every((item) => item !== null) ? (items as ExportedArgument[]) : null;
  }
  return value instanceof Map ? null : (value as ExportedArgument);
}
