import { CycleganError } from '../../errors.js';
import type { OnnxModel } from '../../pth/onnx/onnxModel.js';

/** What a model is called: one of ONNX, or a program of `torch.export` that was spelled as one. */
export interface Words {
  /** For data: `onnx`. */
  readonly name: string;
  readonly title: string;
  readonly subject: string;
  readonly code: 'ERR_ONNX' | 'ERR_EXPORTED';
}

const ONNX: Words = {
  name: 'onnx',
  title: 'an ONNX model',
  subject: 'The ONNX model',
  code: 'ERR_ONNX',
};

const EXPORTED: Words = {
  name: 'exported',
  title: 'a program of torch.export',
  subject: 'The exported program',
  code: 'ERR_EXPORTED',
};

export function wordsOf({ exported }: OnnxModel): Words {
  return exported === undefined ? ONNX : EXPORTED;
}

/** @param rest Of the sentence: `has no output`. */
export function modelError(model: OnnxModel, rest: string): CycleganError {
  const { code, subject } = wordsOf(model);
  return new CycleganError(code, `${subject} ${rest}.`);
}
