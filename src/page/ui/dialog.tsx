import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.js';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog over the page; Escape, its cross and a click beside it close it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    const onClick = ({ target }: MouseEvent) => {
      if (target === dialog) dialog?.close();
    };
    dialog?.showModal();
    dialog?.addEventListener('click', onClick);
    return () => {
      dialog?.removeEventListener('click', onClick);
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} class="dialog" aria-labelledby="dialog-title" onClose={onClose}>
      <div class="dialog-body">
        <div class="card-head">
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="plain" onClick={() => element.current?.close()}>
            <Icon name="close" />
            <span class="unseen">Close</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
