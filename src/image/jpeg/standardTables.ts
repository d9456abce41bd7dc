/** Of a Huffman table, as a DHT segment has them: how many codes there are of each length from 1 to 16, and their symbols. */
export interface CodeLists {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

/**
 * The tables of T.81 K.3, which the frames of Motion JPEG leave out: those of luminance have the number 0, those of chrominance 1.
 */
export function standardTables(): { dc: CodeLists[]; ac: CodeLists[] } {
  const sizes = '000102030405060708090a0b';
  return {
    dc: [
      lists('00010501010101010100000000000000', sizes),
      lists('00030101010101010101010000000000', sizes),
    ],
    ac: [
      lists('0002010303020403050504040000017d', LUMINANCE_SYMBOLS),
      lists('00020102040403040705040400010277', CHROMINANCE_SYMBOLS),
    ],
  };
}

const LUMINANCE_SYMBOLS = [
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f024336272',
  '82090a161718191a25262728292a3435363738393a434445464748494a53545556575859',
  '5a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3',
  'a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2',
  'e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
].join('');

const CHROMINANCE_SYMBOLS = [
  '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d1',
  '0a162434e125f11718191a262728292a35363738393a434445464748494a535455565758',
  '595a636465666768696a737475767778797a82838485868788898a92939495969798999a',
  'a2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da',
  'e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
].join('');

function lists(counts: string, symbols: string): CodeLists {
  return { counts: fromHex(counts), symbols: fromHex(symbols) };
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
