import { Compare } from '../compare/compare.js';
import { Grid, isGrid, Strip } from '../grid/grid.js';
import { ChooseButton } from '../intake/chooseButton.js';
import { isDraggedOver } from '../intake/dropAndPaste.js';
import { LayersButtons, LayersDialog } from '../layers/client/layersDialog.js';
import { ModelPanel } from '../model/client/modelPanel.js';
import { NoPictureCard, PictureCard } from '../pictures/client/pictureCard.js';
import { type PictureEntry, pictures, selected } from '../pictures/client/pictures.js';
import { cancelAll, tally } from '../pictures/client/queue.js';
import { SaveAll } from '../saving/client/saveAll.js';
import { SettingsCard } from '../settings/client/settingsCard.js';
import { plural } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import { Notices } from '../ui/notices.js';
import { Webcam, WebcamButton } from '../webcam/client/webcam.js';

/** The whole page: pictures in the middle, what there is to do with them beside it, or below it where it is narrow. */
export function App() {
  const entry = selected.value;
  return (
    <div class="page">
      <Header />
      <main class="main">
        <Middle entry={entry} />
        <Foot />
      </main>
      <aside class="cards" aria-label="Model, picture and settings">
        {entry === null ? <NoPictureCard /> : <PictureCard key={entry.id} entry={entry} />}
        <ModelPanel>
          <LayersButtons isDisabled={entry === null} />
        </ModelPanel>
        <SettingsCard />
      </aside>
      {isDraggedOver.value && (
        <div class="drop" aria-hidden="true">
          <p>Drop pictures, folders or a model</p>
        </div>
      )}
      {entry !== null && <LayersDialog key={entry.id} entry={entry} />}
      <Webcam />
      <Notices />
    </div>
  );
}

function Middle({ entry }: { readonly entry: PictureEntry | null }) {
  if (entry === null) return <div class="stage empty" />;
  return isGrid.value ? <Grid /> : <Compare key={entry.id} entry={entry} />;
}

function Header() {
  return (
    <header class="header">
      <h1>cyclegan</h1>
      <p class="faint">Nothing leaves this device</p>
      <div class="row">
        <ChooseButton label="Pictures" icon="add" isMain />
        <WebcamButton />
        <ChooseButton label="Folder" icon="folder" isFolder />
        {matchMedia('(pointer: coarse)').matches && (
          <ChooseButton label="Photograph" icon="camera" accept="image/*" isCamera />
        )}
      </div>
    </header>
  );
}

/** What stands below the picture: the others, and how far they are. */
function Foot() {
  const { total, done, failed, left } = tally.value;
  if (total <= 1) {
    return (
      <p class="hint faint">
        Drop, paste or choose pictures, or a model: <code>.pth</code>, <code>.safetensors</code>, a
        checkpoint.
      </p>
    );
  }
  return (
    <div class="foot">
      <div class="row">
        <button
          type="button"
          class="button"
          aria-pressed={isGrid.value}
          onClick={() => {
            isGrid.value = !isGrid.value;
          }}
        >
          <Icon name={isGrid.value ? 'one' : 'grid'} />
          <span>{isGrid.value ? 'One' : 'All'}</span>
        </button>
        <p class="faint tally" role="status">
          {done} of {plural(total, 'picture')}
          {failed > 0 && `, ${failed} failed`}
        </p>
        {done > 0 && <SaveAll />}
        {left > 0 && (
          <button type="button" class="button" onClick={cancelAll}>
            <Icon name="stop" />
            <span>Cancel all</span>
          </button>
        )}
      </div>
      {!isGrid.value && pictures.value.length > 1 && <Strip />}
    </div>
  );
}
