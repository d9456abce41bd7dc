// What the command says to words that make no sense, or not together: exit code 2, one line, nothing written.
import { readdirSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';

const { at, run } = commandInFolders();
beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

it.each([
  [['in.png', 'a.png', 'b.png'], /"b\.png" is no folder/],
  [['inspct', 'x.pth'], /"inspct"; did you mean inspect\?/],
  [['in.png', 'nowhere-'], /\.png/],
  [['in.png', 'in.png', 'in.png', '-o', '-'], /standard output/],
  [['.', '-o', 'in.png'], /several pictures need a folder/],
  [['.', '-o', 'new.png'], /several pictures need a folder/],
  [['.', 'nowhere'], /"nowhere" is no folder/],
  [['in.png', '-', '--json'], /not both/],
  [['in.png', 'out.png', '--alpha', 'maybe'], /keep or drop/],
  [['.', '--format', 'gif'], /png, jpg, webp or tif/],
  [['in.png', 'out.gif'], /\.png/],
  [['in.png', 'out.png', '--resize', 'big'], /"big"/],
  [['in.png', 'out.png', '--weights'], /needs a value/],
  [['in.png', 'out.jpg', '--quality', '0'], /1 to 100/],
  [['inspect'], /Which file/],
  [['completion', 'cmd'], /bash, zsh, fish/],
  [['export', 'x.pth', 'x.gif'], /\.onnx/],
  [['export', 'x.pth'], /Which file/],
  [['export', 'x.pth', 'y.onnx', '-o', 'z.onnx'], /"y\.onnx" and -o z\.onnx name two/],
  [['export', 'x.pth', '-o', 'y.gif'], /y\.gif: the extension decides/],
  [['export', 'x.pth', 'y.onnx', '--opset', '21'], /--opset .* 11 to 20.*"21"/],
  [['demo', 'a.png', '-o', 'b.png'], /name two/],
  [['inspect', 'x.pth', '-o', 'y.txt'], /-o: this command prints.*> FILE/],
  [['summary', '--output', 'y.txt'], /--output: this command prints/],
  [['summary', '--input', '1,3,100000,8'], /from 1 to 99999 each/],
  [['train', '--dataroot', 'x', '--name', 'y'], /no option --dataroot: the folders stand first/],
  [['train', 'a', 'b', '--name', 'y'], /no option --name: -o RUN/],
  [['train', 'a', 'b', '-o', 'r', '--gpu_ids', '-1'], /--gpu_ids: training runs on processors/],
  [['train', 'a', 'b', '-o', 'r', '--continue-train'], /--continue-train: the same command/],
  [['bench', '--sizes', '100000x8'], /1 to 99999.*"100000x8"/],
  [['in.png', '-zebra.png'], /Unknown option -z; for a file of that name, write \.\/-zebra\.png/],
  [['in.png', '*.jpg'], /\*\.jpg: no picture is called like that.*-o "\*\.jpg"/],
  [['in.png', '-o', 'folder'], /extension decides. -o folder\/ is a folder/],
  [['in.png', ''], /A name is empty/],
  [['export', 'x.pth', 'y.pth', '--fp16'], /y\.pth: --fp16 is for \.onnx alone/],
  [['export', 'x.pth', 'y.safetensors', '--input', '1,3,8,8'], /\.onnx and \.svg and \.html/],
  [['export', 'x.pth', 'y.onnx', '--unfold'], /--unfold is for \.svg and \.html alone/],
  [['export', 'x.pth', 'y.svg', '--opset', '17'], /--opset is for \.onnx alone/],
  [['diff', 'x.pth'], /Which two/],
  [['in.png', 'out.png', '--engine', 'steam'], /"steam"/],
  [['download', '--retries', '100'], /0 to 99.*"100"/],
  [['bench', '--threads', '100'], /--threads .*"100"/],
])('%s is bad usage', async (args, text) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(text);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(readdirSync(at())).toEqual(['in.png']);
});
