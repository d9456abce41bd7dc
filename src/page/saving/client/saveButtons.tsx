import type { PictureEntry } from '../../pictures/client/pictures.js';
import type { Translated } from '../../pictures/shared.js';
import { Icon } from '../../ui/icon.js';
import { tell } from '../../ui/notice.js';
import { fileName, outputName } from '../names.js';
import { saveFile } from './saveFile.js';

interface Props {
  readonly entry: PictureEntry;
  /** `null` while there is none. */
  readonly result: Translated | null;
}

/** What can be done with one output. */
export function SaveButtons({ entry, result }: Props) {
  const file = result?.file ?? new Blob();
  const format = file.type === 'image/jpeg' ? 'jpg' : 'png';
  const name = outputName(fileName(entry.path), format);
  const disabled = result === null;
  return (
    <div class="row">
      <button
        type="button"
        class="button primary"
        disabled={disabled}
        onClick={() => saveFile(file, name)}
      >
        <Icon name="save" />
        <span>Save</span>
      </button>
      <button type="button" class="button" disabled={disabled} onClick={() => void copy(file)}>
        <Icon name="copy" />
        <span>Copy</span>
      </button>
      {canShare(file, name) && (
        <button
          type="button"
          class="button"
          disabled={disabled}
          onClick={() => void share(file, name)}
        >
          <Icon name="share" />
          <span>Share</span>
        </button>
      )}
    </div>
  );
}

/** Clipboards take PNG; a JPEG is drawn and written as one. */
async function copy(file: Blob): Promise<void> {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': asPng(file) })]);
    tell('The picture is in the clipboard.');
  } catch (error) {
    tell(`The browser does not let the page copy: ${(error as Error).message}`, {
      isProblem: true,
    });
  }
}

async function asPng(file: Blob): Promise<Blob> {
  if (file.type === 'image/png') return file;
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}

function canShare(file: Blob, name: string): boolean {
  return navigator.canShare?.({ files: [new File([file], name, { type: file.type })] }) ?? false;
}

async function share(file: Blob, name: string): Promise<void> {
  try {
    await navigator.share({ files: [new File([file], name, { type: file.type })] });
  } catch (error) {
    // Whoever closes the dialog has not met a fault.
    if ((error as Error).name !== 'AbortError') tell((error as Error).message, { isProblem: true });
  }
}
