import type { ByteCursor } from './byteCursor.js';
import { defaultConditioning, readConditioning } from './conditioning.js';
import type { DamageLog } from './damage.js';
import type { Component } from './frame.js';
import { buildHuffmanTable, type HuffmanTable } from './huffman.js';
import { NATURAL_ORDER } from './order.js';
import { refuse } from './refuse.js';
import { type CodeLists, standardTables } from './standardTables.js';

type TableClass = 'dc' | 'ac';

/** A Huffman table as it was defined; it is built, and checked, when a scan uses it. */
interface DefinedTable extends CodeLists {
  readonly offset: number;
  readonly standard: boolean;
  built?: HuffmanTable;
}

/** The tables and the restart interval that segments define for the scans behind them. */
export class Tables {
  restartInterval = 0;
  conditioning = defaultConditioning();
  private readonly quantization: Int32Array[] = [];
  private readonly defined: Record<TableClass, DefinedTable[]> = { dc: [], ac: [] };

  /** DRI, T.81 B.2.4.4. */
  readRestartInterval(cursor: ByteCursor, offset: number): void {
    if (cursor.word() !== 4) badLength('restart interval', offset);
    this.restartInterval = cursor.word();
  }

  /** DQT, T.81 B.2.4.1. */
  readQuantization(cursor: ByteCursor, offset: number): void {
    let left = cursor.word() - 2;
    while (left > 0) {
      const head = cursor.byte();
      // Not only 1 means 16 bits.
      const wide = head >> 4 !== 0;
      const id = head & 15;
      if (id > 3) {
        refuse('ERR_JPEG_CORRUPT', 'a quantisation table has an impossible number', offset);
      }
      // A new array: components whose first scan has begun keep the old one.
      const table = new Int32Array(64);
      for (let i = 0; i < 64; i++) table[NATURAL_ORDER[i]] = wide ? cursor.word() : cursor.byte();
      this.quantization[id] = table;
      left -= wide ? 129 : 65;
    }
    if (left !== 0) badLength('quantisation table', offset);
  }

  /** DHT, T.81 B.2.4.2. */
  readHuffman(cursor: ByteCursor, offset: number): void {
    let left = cursor.word() - 2;
    while (left > 16) {
      const head = cursor.byte();
      const counts = cursor.take(16);
      const total = counts.reduce((sum, count) => sum + count, 0);
      left -= 17;
      if (total > 256 || total > left) badLength('Huffman table', offset);
      const symbols = cursor.take(total);
      left -= total;
      const kind = head >> 4;
      const id = head & 15;
      if (kind > 1 || id > 3) {
        refuse('ERR_JPEG_CORRUPT', 'a Huffman table has an impossible number', offset);
      }
      this.defined[kind === 0 ? 'dc' : 'ac'][id] = { counts, symbols, offset, standard: false };
    }
    if (left !== 0) badLength('Huffman table', offset);
  }

  /** DAC. */
  readConditioning(cursor: ByteCursor, offset: number): void {
    readConditioning(cursor, offset, this.conditioning);
  }

  /** Gives the standard tables the numbers that no segment has defined, as libjpeg-turbo does before a sequential picture. */
  addStandardHuffman(): void {
    const standard = standardTables();
    for (const kind of ['dc', 'ac'] as const) {
      standard[kind].forEach((lists, id) => {
        this.defined[kind][id] ??= { ...lists, offset: 0, standard: true };
      });
    }
  }

  /** The table with number `id`; for `null`, which means that the scan needs none, an empty one. */
  huffman(kind: TableClass, id: number | null, damage: DamageLog, offset: number): HuffmanTable {
    if (id === null) return NO_TABLE;
    const table = this.defined[kind][id] as DefinedTable | undefined;
    if (table === undefined) {
      refuse(
        'ERR_JPEG_CORRUPT',
        `the Huffman table ${id} for ${kind.toUpperCase()} is missing`,
        offset,
      );
    }
    if (kind === 'dc' && table.symbols.some((symbol) => symbol > 15)) {
      refuse('ERR_JPEG_CORRUPT', 'a Huffman table for DC has a symbol above 15', table.offset);
    }
    if (table.standard) damage.note('noTables', offset);
    table.built ??= buildHuffmanTable(table.counts, table.symbols, table.offset);
    return table.built;
  }

  /** Gives a component the table that its number means now, unless an earlier scan has. */
  fixQuantization(component: Component, offset: number): void {
    if (component.quantization.length > 0) return;
    const table = this.quantization[component.tableId] as Int32Array | undefined;
    if (table === undefined) {
      const problem = `the quantisation table of component ${component.id} is missing`;
      refuse('ERR_JPEG_CORRUPT', problem, offset);
    }
    component.quantization = table;
  }
}

const NO_TABLE = buildHuffmanTable(new Uint8Array(16), new Uint8Array(0), 0);

function badLength(what: string, offset: number): never {
  refuse('ERR_JPEG_CORRUPT', `the length of a ${what} does not fit its content`, offset);
}
