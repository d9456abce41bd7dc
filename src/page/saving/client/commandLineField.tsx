import { model } from '../../model/client/model.js';
import type { Settings } from '../../settings/settings.js';
import { Icon } from '../../ui/icon.js';
import { tell } from '../../ui/notice.js';
import { commandLine } from '../commandLine.js';

interface Props {
  readonly paths: readonly string[];
  readonly settings: Settings;
}

/** The command that does the same, to copy. */
export function CommandLine({ paths, settings }: Props) {
  const current = model.value;
  const name = current?.isBuiltIn === false ? current.name : null;
  const text = commandLine({
    paths,
    model: name,
    modelKey: current?.key ?? null,
    settings,
  });
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" class="plain" onClick={() => void copy(text)}>
        <Icon name="copy" />
        <span class="unseen">Copy the command that does the same</span>
      </button>
    </div>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell('The command is in the clipboard.');
  } catch (error) {
    tell(`The browser does not let the page copy: ${(error as Error).message}`, {
      isProblem: true,
    });
  }
}
