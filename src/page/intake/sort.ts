/** Whether a file is a picture, or may be a model: by its first bytes, or else by its name. */

const PICTURE_NAME =
  /\.(png|jpe?g|jpe|jfif|gif|bmp|dib|p[bgp]m|pnm|webp|avif|heic|heif|tiff?|jxl|svg)$/i;
const MODEL_NAME =
  /\.(pth|pt|ckpt|safetensors|onnx|bin|tar|pkl|pickle|model|weights|h5|keras|pdparams|npz|t7)$/i;
const SIGNATURES: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8],
  [0x47, 0x49, 0x46, 0x38],
  [0x42, 0x4d],
];

export type FileKind = 'picture' | 'model' | 'other';

export async function kindOf(file: File): Promise<FileKind> {
  if (MODEL_NAME.test(file.name)) return 'model';
  if (PICTURE_NAME.test(file.name) || file.type.startsWith('image/')) return 'picture';
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const isPicture = SIGNATURES.some((bytes) => bytes.every((byte, i) => start[i] === byte));
  return isPicture ? 'picture' : 'other';
}
