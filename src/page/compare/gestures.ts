import { panBy, type Stage, type View, WHOLE, within, zoomAt } from './view.js';

/** A pointer so near to the divider takes it. In CSS pixels. */
const DIVIDER_REACH = 28;
/** A finger that has gone further is no tap. */
const TAP_SLACK = 6;
const WHEEL_ZOOM = 0.0022;
const DOUBLE_TAP_ZOOM = 4;

/** What gestures change: where the divider is, 0 to 1 of the stage, and how the picture is looked at. */
export interface Looking {
  getDivider(): number;
  setDivider(share: number): void;
  getView(): View;
  setView(view: View): void;
}

type Task = 'divider' | 'pan' | 'pinch';

/**
 * Mouse, pen and fingers on the stage. One moves the divider where it is near, and anywhere while the picture is whole;
 * else it moves the picture. Two enlarge it, as does the wheel.
 */
export class Gestures {
  readonly #element: HTMLElement;
  readonly #looking: Looking;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #task: Task | null = null;
  /** A finger may be about to scroll the page: nothing moves until it goes sideways. */
  #undecided = false;

  constructor(element: HTMLElement, looking: Looking) {
    this.#element = element;
    this.#looking = looking;
  }

  /** @returns What stops listening. */
  listen(): () => void {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const element = this.#element;
    element.addEventListener('pointerdown', (event) => this.#down(event), options);
    element.addEventListener('pointermove', (event) => this.#move(event), options);
    element.addEventListener('pointerup', (event) => this.#up(event), options);
    element.addEventListener('pointercancel', (event) => this.#up(event), options);
    element.addEventListener('dblclick', (event) => this.#doubleClick(event), options);
    element.addEventListener('wheel', (event) => this.#wheel(event), {
      ...options,
      passive: false,
    });
    return () => stop.abort();
  }

  /** About the middle, for keys and buttons. */
  zoom(by: number): void {
    this.#setView(zoomAt(this.#looking.getView(), by, 0, 0));
  }

  pan(dx: number, dy: number): void {
    this.#setView(panBy(this.#looking.getView(), dx, dy));
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
    const place = this.#placeOf(event);
    this.#pointers.set(event.pointerId, place);
    this.#element.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) {
      this.#task = 'pinch';
      return;
    }
    const { width } = this.#stage;
    const near = Math.abs(place.x - this.#looking.getDivider() * width) < DIVIDER_REACH;
    const isWhole = this.#looking.getView().scale === 1;
    this.#task = near || isWhole ? 'divider' : 'pan';
    this.#undecided = event.pointerType === 'touch' && !near && isWhole;
    if (this.#task === 'divider' && !this.#undecided) this.#moveDivider(place.x);
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const place = this.#placeOf(event);
    if (this.#undecided) {
      if (Math.abs(place.x - before.x) < TAP_SLACK && this.#pointers.size === 1) return;
      this.#undecided = false;
    }
    if (this.#task === 'divider') this.#moveDivider(place.x);
    if (this.#task === 'pan') this.pan(place.x - before.x, place.y - before.y);
    if (this.#task === 'pinch') this.#pinch(event.pointerId, before, place);
    this.#pointers.set(event.pointerId, place);
  }

  #pinch(id: number, before: { x: number; y: number }, place: { x: number; y: number }): void {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (other === undefined) return;
    const { width, height } = this.#stage;
    const distance = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y);
    const by = distance(place) / Math.max(1, distance(before));
    const [x, y] = [(place.x + other.x - width) / 2, (place.y + other.y - height) / 2];
    const zoomed = zoomAt(this.#looking.getView(), by, x, y);
    this.#setView(panBy(zoomed, (place.x - before.x) / 2, (place.y - before.y) / 2));
  }

  #up(event: PointerEvent): void {
    const place = this.#pointers.get(event.pointerId);
    if (place === undefined) return;
    // A tap moves the divider there.
    if (this.#undecided && event.type === 'pointerup') this.#moveDivider(place.x);
    this.#undecided = false;
    this.#pointers.delete(event.pointerId);
    this.#task = this.#pointers.size === 1 && this.#task === 'pinch' ? 'pan' : null;
  }

  #doubleClick(event: MouseEvent): void {
    if ((event.target as Element).closest('button') !== null) return;
    const view = this.#looking.getView();
    const { x, y } = this.#fromMiddle(event);
    this.#setView(view.scale > 1 ? WHOLE : zoomAt(view, DOUBLE_TAP_ZOOM, x, y));
  }

  #wheel(event: WheelEvent): void {
    const view = this.#looking.getView();
    const isPinch = event.ctrlKey;
    // Whoever scrolls the page over a whole picture scrolls the page.
    if (!isPinch && view.scale === 1 && event.deltaY > 0) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const { x, y } = this.#fromMiddle(event);
    const speed = isPinch ? 4 * WHEEL_ZOOM : WHEEL_ZOOM;
    this.#setView(zoomAt(view, Math.exp(-event.deltaY * lines * speed), x, y));
  }

  #moveDivider(x: number): void {
    this.#looking.setDivider(Math.min(1, Math.max(0, x / this.#stage.width)));
  }

  #setView(view: View): void {
    this.#looking.setView(within(view, this.#stage));
  }

  get #stage(): Stage {
    const { clientWidth, clientHeight } = this.#element;
    return { width: clientWidth, height: clientHeight };
  }

  #placeOf({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #fromMiddle(event: MouseEvent): { x: number; y: number } {
    const { x, y } = this.#placeOf(event);
    const { width, height } = this.#stage;
    return { x: x - width / 2, y: y - height / 2 };
  }
}
