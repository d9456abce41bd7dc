/** Of files that pictures are read from, and of formats that are told by name when they are refused. */
export const PICTURE_EXTENSIONS = [
  ['png', 'apng', 'jpg', 'jpeg', 'jpe', 'jfif', 'jif', 'gif', 'bmp', 'dib'],
  ['pbm', 'pgm', 'ppm', 'pnm', 'webp', 'tif', 'tiff'],
  ['heic', 'heif', 'hif', 'avif', 'jp2', 'j2k', 'jpx', 'jxl', 'tga', 'ico'],
].flat();

const NAME = new RegExp(`\\.(${PICTURE_EXTENSIONS.join('|')})$`, 'i');

/** Whether a file is called as pictures are, those included that cannot be read: nothing is passed over in silence. */
export function isPictureName(name: string): boolean {
  return NAME.test(name);
}
