import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { badHdf5, Fields, unknownHdf5 } from './fields.js';

/** What every HDF5 file begins with. */
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The longest superblock that is read. */
const SUPERBLOCK_BYTES = 96;
/** What a step through a file costs, beside what is read: loops that make nothing end, too. */
const STEP_COST = 8 * COSTS.slot;

/** Whether a file begins so. */
export function isHdf5(start: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => start[i] === byte);
}

/** The bytes of an HDF5 file by address, every one of which must lie inside it. */
export class Hdf5File {
  readonly budget: Budget;
  readonly source: ByteSource;
  /** Of the object that all others are found from. */
  readonly root: number;
  /** What addresses count from. */
  readonly #base: number;

  private constructor(source: ByteSource, budget: Budget, base: number, root: number) {
    this.source = source;
    this.budget = budget;
    this.#base = base;
    this.root = root;
  }

  /**
   * Reads the superblock, of versions 0 to 3.
   * @throws PthError when it is damaged, or of a version that is not known.
   * @see https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html
   */
  static async open(source: ByteSource, budget: Budget): Promise<Hdf5File> {
    const end = Math.min(source.size, SUPERBLOCK_BYTES);
    const fields = new Fields(await budget.read(source, 0, end, 'The superblock'), 0);
    fields.skip(SIGNATURE.length);
    const version = fields.uint8();
    if (version > 3) throw unknownHdf5(`Version ${version} of the superblock`, 8);
    if (version < 2) {
      fields.skip(4);
      checkWidths(fields);
      // A reserved byte, two sizes of nodes, flags, and one more size of nodes.
      fields.skip(version === 0 ? 9 : 13);
    } else {
      checkWidths(fields);
      fields.skip(1);
    }
    const base = fields.address();
    // The free space or an extension, the end of the file, and of old ones a driver and the offset of a name.
    fields.skip(version < 2 ? 32 : 16);
    const root = fields.address();
    if (base === null || root === null) throw badHdf5('The file has no root group', 0);
    return new Hdf5File(source, budget, base, root);
  }

  /** Where an address lies in the file. */
  place(address: number): number {
    return this.#base + address;
  }

  /** @throws PthError unless the piece lies inside the file. */
  async read(address: number, length: number, what: string): Promise<Fields> {
    const start = this.place(address);
    if (!(start + length <= this.source.size)) {
      throw badHdf5(
        `${what} of ${length} bytes reaches beyond the file, which has ${this.source.size}`,
        start,
      );
    }
    this.step(what);
    return new Fields(await this.budget.read(this.source, start, start + length, what), start);
  }

  /** Charges a step that reads nothing, or little. */
  step(what: string): void {
    this.budget.takeValues(STEP_COST, what);
  }
}

/** Of offsets and lengths: eight bytes, as all libraries write them. */
function checkWidths(fields: Fields): void {
  const [offsets, lengths] = [fields.uint8(), fields.uint8()];
  if (offsets !== 8 || lengths !== 8) {
    throw unknownHdf5(`Addresses of ${offsets} and lengths of ${lengths} bytes`, fields.place);
  }
}
