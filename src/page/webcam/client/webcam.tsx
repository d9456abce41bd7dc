import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { model } from '../../model/client/model.js';
import { saveFile } from '../../saving/client/saveFile.js';
import { Dialog } from '../../ui/dialog.js';
import { Icon } from '../../ui/icon.js';
import { tell } from '../../ui/notice.js';
import { Camera } from './camera.js';

const isOpen = signal(false);

const SIDES = [64, 96, 128, 192, 256];

/** What opens the camera; absent where a page can have none. */
export function WebcamButton() {
  if (navigator.mediaDevices === undefined) return null;
  return (
    <button
      type="button"
      class="button"
      disabled={model.value === null}
      onClick={() => {
        isOpen.value = true;
      }}
    >
      <Icon name="video" />
      <span>Live</span>
    </button>
  );
}

/** The camera, translated as fast as this device can. */
export function Webcam() {
  if (!isOpen.value) return null;
  return (
    <Dialog
      title="Live"
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <Live />
    </Dialog>
  );
}

function Live() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = useSignal(128);
  const rate = useSignal<number | null>(null);
  const problem = useSignal<string | null>(null);
  const isRunning = useSignal(true);
  const running = isRunning.value;
  useEffect(() => {
    if (!running || canvas.current === null) return;
    problem.value = null;
    const camera = new Camera({
      canvas: canvas.current,
      getShortSide: () => side.peek(),
      onRate: (value) => {
        rate.value = value;
      },
      onEnd: (reason) => {
        problem.value = reason;
        isRunning.value = false;
      },
    });
    void camera.run();
    // Nobody sees it: it stops, its light goes out, and it begins again by hand.
    const onHidden = () => {
      if (document.hidden) isRunning.value = false;
    };
    document.addEventListener('visibilitychange', onHidden);
    return () => {
      document.removeEventListener('visibilitychange', onHidden);
      camera.stop();
      rate.value = null;
    };
  }, [running, side, rate, problem, isRunning]);
  return (
    <>
      <div class="live">
        <canvas
          ref={canvas}
          width={171}
          height={128}
          aria-label="The camera, translated"
          role="img"
        />
        {rate.value !== null && <span class="rate">{rate.value.toFixed(1)} fps</span>}
      </div>
      {problem.value !== null && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={rate.value === null}
          onClick={() => void saveStill(canvas.current)}
        >
          <Icon name="save" />
          <span>Save a still</span>
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            isRunning.value = !running;
          }}
        >
          <Icon name={running ? 'stop' : 'video'} />
          <span>{running ? 'Stop' : 'Start'}</span>
        </button>
        <label class="switch sizes">
          <span class="faint">Short side</span>
          <select
            value={side.value}
            onChange={({ currentTarget }) => {
              side.value = Number(currentTarget.value);
            }}
          >
            {SIDES.map((pixels) => (
              <option key={pixels} value={pixels}>
                {pixels}
              </option>
            ))}
          </select>
        </label>
      </div>
    </>
  );
}

async function saveStill(canvas: HTMLCanvasElement | null): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas?.toBlob(resolve, 'image/png'));
  if (blob === null) tell('The browser gave no picture.', { isProblem: true });
  else saveFile(blob, 'still.cyclegan.png');
}
