import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import type { ExportedProgram } from '../exported/exportedProgram.js';
import type { OnnxModel } from '../onnx/onnxModel.js';
import type { PickleValue } from '../pickle/values.js';
import type { PlainValue } from '../plainValue.js';
import type { StorageRef } from '../storages.js';
import type { TensorRef, UnreadableTensor } from '../tensorRef.js';

/** Where a storage lies in the file, byte by byte as it is. */
export interface StoragePlace {
  readonly start: number;
  /** Begins to compare bytes that are read from there, all of them and in their order, with what the file says of them. */
  beginCheck?(): StorageCheck;
}

export interface StorageCheck {
  add(bytes: Uint8Array): void;
  /** @throws PthError when they are others. */
  end(): void;
}

/** An opened weight file: what it holds as inert data, and a way to the bytes of its storages. */
export interface OpenedContainer {
  readonly root: PickleValue;
  /** What wrote the file, for people, as far as can be told: `torch 1.6 or later`. */
  readonly writer: string;
  /** Texts and plain data that the file holds beside the tensors. */
  readonly metadata: ReadonlyMap<string, PlainValue>;
  readonly bigEndian: boolean;
  /** Where the file is of a kind that its first bytes do not tell: which. */
  readonly format?: string;
  /** The graph, of an ONNX model. */
  readonly onnx?: OnnxModel;
  /** What is computed, of a program of `torch.export`. */
  readonly exported?: ExportedProgram;
  /** What opening it was charged to; what is looked for in it is charged there, too. */
  readonly budget: Budget;
  /**
   * The tensor that a value stands for; `null` when it is something else.
   * @param key State-dict key, for messages.
   * @throws PthError when it should be a tensor, but cannot.
   */
  tensorRef(value: PickleValue, key: string): TensorRef | UnreadableTensor | null;
  /**
   * The bytes of a storage, exactly as many as its ref says.
   * @param key State-dict key, for messages.
   */
  readStorage(storage: StorageRef, budget: Budget, key: string): Promise<Uint8Array>;
  /**
   * Compares all that the file says of its own bytes with them; absent where a format says nothing.
   * @returns How many bytes nothing is said of.
   * @throws PthError when anything is wrong.
   */
  verify?(): Promise<number>;
  /**
   * For whoever reads a storage later, and into memory of their own; what stands before it is checked now.
   * `null` where it is packed; absent where a format has no such way.
   */
  locateStorage?(storage: StorageRef, budget: Budget): Promise<StoragePlace | null>;
}

/** Opens a file that lies beside the one that is read, by its name; `null` where there is none that may be read. */
export type Neighbours = (name: string) => Promise<ByteSource | null>;

/** A file format. A new one is a file beside this with one of these in it, listed in `formats.ts`. */
export interface ContainerFormat {
  readonly name: string;
  /** Whether a file that begins so (512 bytes, unless it is shorter) is of this format. */
  matches(start: Uint8Array, fileSize: number): boolean;
  /**
   * Reads what describes the tensors, and none of their numbers.
   * @param neighbours Absent for a file that has no folder.
   * @throws PthError when the file is damaged or forbidden.
   */
  open(source: ByteSource, budget: Budget, neighbours?: Neighbours): Promise<OpenedContainer>;
}
