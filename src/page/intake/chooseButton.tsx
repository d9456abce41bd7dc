import { useRef } from 'preact/hooks';
import { Icon, type IconName } from '../ui/icon.js';
import { chosenFiles } from './folders.js';
import { take } from './take.js';

interface Props {
  readonly label: string;
  readonly icon: IconName;
  readonly accept?: string;
  readonly isFolder?: boolean;
  readonly isCamera?: boolean;
  readonly isMain?: boolean;
}

/** A button that opens the browser's own dialog for files, a folder, or the camera. */
export function ChooseButton({ label, icon, accept, isFolder, isCamera, isMain }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const choose = () => {
    if (input.current === null) return;
    const files = chosenFiles(input.current);
    // The same file may be chosen again.
    input.current.value = '';
    void take(files);
  };
  return (
    <>
      <button
        type="button"
        class={isMain ? 'button primary' : 'button'}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
        <span>{label}</span>
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={!isCamera}
        accept={accept}
        {...(isFolder ? { webkitdirectory: true } : {})}
        {...(isCamera ? { capture: 'environment' } : {})}
        onChange={choose}
      />
    </>
  );
}
