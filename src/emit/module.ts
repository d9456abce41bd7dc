import { concatenate } from '../platform/concatenate.js';
import { utf8Bytes } from '../platform/text.js';
import { ByteSink } from './byteSink.js';
import { type Code, i32, uleb, VALUE_TYPES, type ValueType } from './code.js';

/** Type 0 is that of the functions in the table: three integers, no result. */
const TABLE_TYPE = 0;
/** WebAssembly's own limit, 4 GiB. */
const MAX_PAGES = 65_536;
const TABLE_PARAMS: readonly ValueType[] = ['i32', 'i32', 'i32'];

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BRANCH_IF = 0x0d;
const NO_RESULT = 0x40;

/** A local variable or parameter of a function. */
export class Local {
  readonly type: ValueType;
  readonly value: Code;
  readonly #number: Code;

  constructor(type: ValueType, index: number) {
    this.type = type;
    this.#number = uleb(index);
    this.value = [0x20, this.#number];
  }

  set(value: Code): Code {
    return [value, 0x21, this.#number];
  }
}

/** A function that a module holds and others can call. Functions return nothing: results go to memory. */
export interface FunctionHandle {
  readonly index: number;
  readonly exportName: string;
}

/** One function while it is being written: `emit` appends statements. */
export class FunctionWriter {
  readonly params: Local[];
  readonly #locals: Local[] = [];
  readonly #constants = new Map<string, Local>();
  readonly #prologue = new ByteSink();
  readonly #body = new ByteSink();
  /** Blocks, loops and conditions that are open. */
  #depth = 0;

  constructor(params: readonly ValueType[]) {
    this.params = params.map((type, index) => new Local(type, index));
  }

  local(type: ValueType): Local {
    const local = new Local(type, this.params.length + this.#locals.length);
    this.#locals.push(local);
    return local;
  }

  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** One local for each name. */
  namedLocals<Name extends string>(
    type: ValueType,
    names: readonly Name[],
  ): Readonly<Record<Name, Local>> {
    const locals = names.map((name) => [name, this.local(type)] as const);
    return Object.fromEntries(locals) as Record<Name, Local>;
  }

  /**
   * A vector that is set once, when the function begins. V8 builds a constant anew at each place that names
   * it, from integers, which takes longer than the arithmetic it is used in.
   */
  constant(value: Code): Code {
    const key = value.join();
    let local = this.#constants.get(key);
    if (local === undefined) {
      local = this.local('v128');
      this.#constants.set(key, local);
      this.#prologue.write(local.set(value));
    }
    return local.value;
  }

  emit(...statements: readonly Code[]): void {
    this.#body.write(statements);
  }

  /** Moves a pointer on, or back. */
  advance(pointer: Local, bytes: number): void {
    this.emit(pointer.set(i32.add(pointer.value, i32.const(bytes))));
  }

  /** `for (i = from; i < to; i += step) body()`. */
  for(i: Local, from: Code, to: Code, step: number, body: () => void): void {
    this.emit(i.set(from));
    this.if(i32.lt(i.value, to), () => this.#loop(i, step, to, body));
  }

  /** The same with constant bounds, which are known to be run at least once: no test before it. */
  repeat(i: Local, count: number, step: number, body: () => void): void {
    if (count <= 0) return;
    this.emit(i.set(i32.const(0)));
    if (count <= step) body();
    else this.#loop(i, step, i32.const(count), body);
  }

  if(condition: Code, body: () => void, otherwise?: () => void): void {
    this.emit(condition);
    this.#nest(IF, () => {
      body();
      if (otherwise === undefined) return;
      this.emit([ELSE]);
      otherwise();
    });
  }

  /** `leave(condition)` within `body` goes on behind all of it, out of the loops that `body` has begun. */
  leavable(body: (leave: (condition: Code) => void) => void): void {
    this.#nest(BLOCK, () => {
      const outer = this.#depth;
      body((condition) => this.emit(condition, [BRANCH_IF, uleb(this.#depth - outer)]));
    });
  }

  call(target: FunctionHandle, ...args: readonly Code[]): void {
    this.emit(...args, [0x10, uleb(target.index)]);
  }

  /** Calls the function whose number in the table `index` gives; all in the table take three integers. */
  callTable(index: Code, ...args: readonly Code[]): void {
    this.emit(...args, index, [0x11, TABLE_TYPE, 0]);
  }

  while(condition: Code, body: () => void): void {
    this.if(condition, () => {
      this.#nest(LOOP, () => {
        body();
        this.emit(condition, [BRANCH_IF, 0]);
      });
    });
  }

  /** Size, locals and body, as the code section holds them. */
  finish(): Uint8Array {
    const locals = this.#locals.map(({ type }) => [1, VALUE_TYPES[type]]);
    const head = new ByteSink().write([uleb(this.#locals.length), locals]);
    const parts = [head.bytes, this.#prologue.bytes, this.#body.bytes, [0x0b]];
    return concatenate([uleb(parts.reduce((sum, { length }) => sum + length, 0)), ...parts]);
  }

  #loop(i: Local, step: number, to: Code, body: () => void): void {
    this.#nest(LOOP, () => {
      body();
      this.emit(i.set(i32.add(i.value, i32.const(step))), i32.lt(i.value, to), [BRANCH_IF, 0]);
    });
  }

  #nest(instruction: number, body: () => void): void {
    this.emit([instruction, NO_RESULT]);
    this.#depth++;
    body();
    this.#depth--;
    this.emit([END]);
  }
}

/**
 * A module that imports one memory, and perhaps functions of the table's type, and exports its functions by name. A function is
 * asked for by a key that says all that it was specialised for; it is written once.
 */
export class ModuleWriter {
  /** Names of functions that its user supplies; they come first in the table. */
  readonly imports: readonly string[];
  readonly #functions: { params: readonly ValueType[]; code: Uint8Array; exportName: string }[] =
    [];
  readonly #byKey = new Map<string, FunctionHandle>();

  constructor(imports: readonly string[] = []) {
    this.imports = imports;
  }

  /** An imported function. */
  imported(name: string): FunctionHandle {
    return { index: this.imports.indexOf(name), exportName: name };
  }

  define(
    key: string,
    params: readonly ValueType[],
    write: (f: FunctionWriter, ...params: Local[]) => void,
  ): FunctionHandle {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    // Written before it gets its number, because writing it may define what it calls.
    const f = new FunctionWriter(params);
    write(f, ...f.params);
    const index = this.imports.length + this.#functions.length;
    const handle = { index, exportName: key };
    this.#functions.push({ params, code: f.finish(), exportName: key });
    this.#byKey.set(key, handle);
    return handle;
  }

  /** Of the functions so far, in their order. */
  get keys(): readonly string[] {
    return this.#functions.map(({ exportName }) => exportName);
  }

  /**
   * @param memory At least so many pages of 64 KiB; shared memory must name a maximum.
   * @param wanted Names of functions to export. Default: all. Each instance has an object for each of them.
   */
  finish(
    memory: { readonly pages: number; readonly shared: boolean },
    wanted?: readonly string[],
  ): Uint8Array<ArrayBuffer> {
    const pages = uleb(memory.pages);
    const limits = memory.shared ? [3, pages, uleb(MAX_PAGES)] : [0, pages];
    const functions = this.#functions;
    const first = this.imports.length;
    const types = [TABLE_PARAMS, ...functions.map(({ params }) => params)].map((params) => [
      0x60,
      vector(params.map((type) => [VALUE_TYPES[type]])),
      0,
    ]);
    const names = functions.flatMap(({ exportName }, i) =>
      wanted?.includes(exportName) === false ? [] : [[text(exportName), 0, uleb(first + i)]],
    );
    const count = uleb(functions.length);
    const inTable = [...this.imports, ...functions];
    const table = [0, i32.const(0), 0x0b, vector(inTable.map((_, i) => uleb(i)))];
    const supplied = this.imports.map((name) => [text('e'), text(name), 0, uleb(TABLE_TYPE)]);
    const codes = functions.map(({ code }) => code);
    const codeBytes = codes.reduce((sum, { length }) => sum + length, count.length);
    return concatenate([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector([[text('e'), text('m'), 2, limits], ...supplied])),
      section(3, vector(functions.map(({ params }, i) => typeIndex(params, i)))),
      section(4, vector([[0x70, 0, uleb(inTable.length)]])),
      section(7, vector(names)),
      section(9, vector([table])),
      ...[[10, ...uleb(codeBytes)], count, ...codes],
    ]);
  }
}

/** A module of which nothing is written: enough to see what a program takes besides its code. */
export class DraftModule extends ModuleWriter {
  override define(key: string): FunctionHandle {
    return { index: 0, exportName: key };
  }
}

/** Functions of the table's type must name it: a call through the table compares types by structure. */
function typeIndex(params: readonly ValueType[], index: number): Code {
  const inTable = params.length === 3 && params.every((type) => type === 'i32');
  return uleb(inTable ? TABLE_TYPE : index + 1);
}

function vector(items: readonly Code[]): Code {
  return [uleb(items.length), items];
}

function section(id: number, content: Code): Uint8Array {
  const { bytes } = new ByteSink().write(content);
  return new ByteSink().write([id, uleb(bytes.length)]).append(bytes).bytes;
}

function text(value: string): Code {
  const bytes = Array.from(utf8Bytes(value));
  return [uleb(bytes.length), bytes];
}
