import { DEFAULTS, type Settings } from '../settings/settings.js';
import { type Format, fileName, outputName } from './names.js';

export interface Subject {
  /** Of the pictures, with the folders that were dropped. */
  readonly paths: readonly string[];
  /** `null`: the built-in model. */
  readonly model: string | null;
  /** Of a file with several state dicts, the one that was chosen. */
  readonly modelKey: string | null;
  readonly settings: Settings;
}

/** More names are written as a pattern. */
const MAX_NAMES = 6;
const FOLDER = 'translated';

/** The command that makes the same files. Folders and files are named as they were dropped: it is run where they lie. */
export function commandLine({ paths, model, modelKey, settings }: Subject): string {
  const words = ['cyclegan', ...inputWords(paths), ...outputWords(paths, settings.format)];
  if (model !== null) words.push('--weights', asPath(model));
  if (modelKey !== null) words.push('--key', modelKey);
  return [...words, ...optionWords(settings)].map(quoted).join(' ');
}

function inputWords(paths: readonly string[]): string[] {
  const folders = new Set(
    paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]),
  );
  const single = paths.filter((path) => !path.includes('/'));
  const isDeep = paths.some((path) => path.split('/').length > 2);
  const names = single.length > MAX_NAMES ? patternsOf(single) : single.map(fileName);
  return [...[...folders, ...names].map(asPath), ...(isDeep ? ['-r'] : [])];
}

/** `*.jpg`, `*.png`: the command reads patterns, too. */
function patternsOf(names: readonly string[]): string[] {
  const endings = new Set(names.map((name) => name.slice(name.lastIndexOf('.'))));
  return [...endings].map((ending) => `*${ending}`);
}

function outputWords(paths: readonly string[], format: Format): string[] {
  if (paths.length === 1 && !paths[0].includes('/'))
    return ['-o', asPath(outputName(paths[0], format))];
  return ['-o', `${FOLDER}/`, ...(format === 'png' ? [] : ['--format', format])];
}

/** Only what is not as by default. */
function optionWords(settings: Settings): string[] {
  const { crop, quality, inputRange, statistics, padding, residual, engine, threads } = settings;
  const is = (name: keyof Settings, words: readonly string[]) =>
    settings[name] === DEFAULTS[name] ? [] : words;
  const resize = resizeWord(settings);
  return [
    ...(resize === '256' ? [] : ['--resize', resize]),
    ...is('crop', ['--crop', String(crop)]),
    ...is('keepSize', ['--keep-size']),
    ...is('autoOrient', ['--auto-orient']),
    ...is('strict', ['--strict']),
    ...is('alpha', ['--alpha', 'keep']),
    ...(settings.format === 'jpg' ? is('quality', ['--quality', String(quality)]) : []),
    // A value that begins with a dash would be taken for an option.
    ...is('inputRange', [`--input-range=${inputRange?.join('..')}`]),
    ...is('bgr', ['--bgr']),
    ...is('statistics', ['--statistics', String(statistics)]),
    ...is('padding', ['--padding', String(padding)]),
    ...(residual === true ? ['--residual'] : residual === 'tanh' ? ['--residual-tanh'] : []),
    ...is('engine', ['--engine', String(engine)]),
    ...is('threads', ['--threads', String(threads)]),
  ];
}

function resizeWord({ sizing, width, height, interpolation }: Settings): string {
  if (sizing === 'none') return 'none';
  const words = { short: `${width}`, width: `scale-width:${width}`, exact: `${width}x${height}` };
  return `${interpolation === 'bicubic' ? 'bicubic:' : ''}${words[sizing]}`;
}

/** A name that begins with a dash is no option where it is a path. */
function asPath(name: string): string {
  return name.startsWith('-') ? `./${name}` : name;
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
