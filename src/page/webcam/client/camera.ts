import { settings } from '../../settings/client/settingsStore.js';
import { library } from '../../worker/libraryWorker.js';

/** Pictures per second are counted over so many. */
const SPAN = 8;

export interface CameraView {
  /** Where translated pictures are drawn. */
  readonly canvas: HTMLCanvasElement;
  /** Of the network's input. */
  getShortSide(): number;
  onRate(framesPerSecond: number): void;
  onEnd(problem: string | null): void;
}

/** The camera's pictures through the network, each as soon as the one before it is done. */
export class Camera {
  readonly #view: CameraView;
  readonly #video = document.createElement('video');
  #stream: MediaStream | null = null;
  #stopped = false;
  #times: number[] = [];

  constructor(view: CameraView) {
    this.#view = view;
  }

  /** Asks for the camera, and goes on until `stop`. */
  async run(): Promise<void> {
    try {
      const constraints = { video: { facingMode: 'environment', width: { ideal: 640 } } };
      this.#stream = await navigator.mediaDevices.getUserMedia({ ...constraints, audio: false });
      if (this.#stopped) return this.#release();
      this.#video.srcObject = this.#stream;
      this.#video.muted = true;
      this.#video.playsInline = true;
      await this.#video.play();
      while (!this.#stopped) await this.#translateNext();
      this.#view.onEnd(null);
    } catch (error) {
      if (!this.#stopped) this.#view.onEnd(explained(error as Error));
    } finally {
      this.#release();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  async #translateNext(): Promise<void> {
    const { videoWidth, videoHeight } = this.#video;
    const scale = this.#view.getShortSide() / Math.max(1, Math.min(videoWidth, videoHeight));
    const bitmap = await createImageBitmap(this.#video, {
      resizeWidth: Math.max(1, Math.round(videoWidth * scale)),
      resizeHeight: Math.max(1, Math.round(videoHeight * scale)),
    });
    const call = { bitmap, threads: settings.value.threads };
    const frame = await library.call('translateFrame', call, { transfer: [bitmap] });
    if (!this.#stopped) this.#draw(frame.bitmap);
    frame.bitmap.close();
  }

  #draw(bitmap: ImageBitmap): void {
    const { canvas } = this.#view;
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    this.#times = [...this.#times, performance.now()].slice(-SPAN);
    const span = this.#times[this.#times.length - 1] - this.#times[0];
    if (span > 0) this.#view.onRate((1000 * (this.#times.length - 1)) / span);
  }

  #release(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}

function explained({ name, message }: Error): string {
  if (name === 'NotAllowedError') {
    return 'The browser does not let this page see the camera: allow it beside the address, and try again.';
  }
  if (name === 'NotFoundError') return 'There is no camera.';
  if (name === 'NotReadableError') return 'Another program has the camera.';
  return `The camera stopped: ${message}`;
}
