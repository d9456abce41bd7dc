import { nameOutputs } from '../../translate/outputNames.js';

export type Format = 'png' | 'jpg';

/** The name that the command makes up for an output that lies beside its input: `horse.jpg` becomes `horse.cyclegan.png`. */
export function outputName(path: string, format: Format): string {
  return nameOutputs([fileName(path)], `.cyclegan.${format}`, fold)[0];
}

/** The names that the command gives to outputs in a folder of their own, where they lie as their inputs do in theirs. */
export function namesInFolder(paths: readonly string[], format: Format): string[] {
  return nameOutputs(paths.map(belowItsFolder), `.${format}`, fold);
}

/** Without the folder that was dropped. */
function belowItsFolder(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

/** Without its folders. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** File systems take these for one. */
function fold(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
