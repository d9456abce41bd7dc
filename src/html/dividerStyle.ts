/**
 * How two pictures of one size are compared: one over the other, with a divider that shows the left part of the one and the right
 * part of the other. Side by side is how they stand where nothing else is said: without scripts, on paper, and where the page has
 * the class `sides`. `--at` is where the divider is, `--w` and `--h` are the sides of the picture.
 */
export const DIVIDER_STYLE = `
.frame { position: relative; display: grid; grid-template-columns: 1fr 1fr; align-items: start; gap: 2px; background: var(--edge); }
.side { position: relative; }
/* The network does not heed what EXIF says about turning, so neither does the page. */
.side img { display: block; width: 100%; height: auto; max-height: 80vh; image-orientation: none; object-fit: contain; }
.tag {
  position: absolute;
  top: 0.6rem;
  left: 0.6rem;
  padding: 0 0.55em;
  border-radius: 0.3rem;
  background: rgb(0 0 0 / 68%);
  color: #fff;
  font-size: 0.75rem;
  line-height: 1.7;
  pointer-events: none;
}
.divider, .line { display: none; }
@media screen {
  .scripted:not(.sides) .frame {
    display: block;
    width: min(100%, 80vh * var(--w) / var(--h));
    margin: 0 auto;
    aspect-ratio: var(--w) / var(--h);
    overflow: hidden;
    cursor: ew-resize;
    touch-action: pan-y pinch-zoom;
    user-select: none;
    -webkit-user-select: none;
  }
  .scripted:not(.sides) .side { position: absolute; inset: 0; }
  .scripted:not(.sides) .side img { height: 100%; max-height: none; object-fit: fill; }
  .scripted:not(.sides) .after { clip-path: inset(0 0 0 var(--at, 50%)); }
  .scripted:not(.sides) .after .tag { right: 0.6rem; left: auto; }
  .scripted:not(.sides) .divider {
    position: absolute;
    inset: 0;
    z-index: 2;
    display: block;
    width: 100%;
    height: 100%;
    margin: 0;
    appearance: none;
    background: none;
    pointer-events: none;
  }
  .divider::-webkit-slider-thumb { appearance: none; width: 1px; height: 100%; opacity: 0; }
  .divider::-moz-range-thumb { width: 1px; height: 100%; border: 0; opacity: 0; }
  .divider::-moz-range-track { background: none; }
  .divider:focus {
    outline: 3px solid var(--accent);
    outline-offset: -3px;
    border-radius: 0.7rem 0.7rem 0 0;
    box-shadow: inset 0 0 0 5px var(--card);
  }
  .scripted:not(.sides) .line {
    position: absolute;
    inset: 0 auto 0 var(--at, 50%);
    z-index: 1;
    display: block;
    width: 2px;
    margin-left: -1px;
    background: #fff;
    box-shadow: 0 0 0 1px rgb(0 0 0 / 25%);
    pointer-events: none;
    forced-color-adjust: none;
  }
  .line::before, .line::after { content: ""; position: absolute; top: 50%; left: 50%; translate: -50% -50%; }
  .line::before {
    width: 2.25rem;
    height: 2.25rem;
    border-radius: 50%;
    background: #fff;
    box-shadow: 0 0 0 1px rgb(0 0 0 / 20%), 0 2px 6px rgb(0 0 0 / 35%);
  }
  .line::after {
    width: 1.15rem;
    height: 0.6rem;
    background: #222;
    clip-path: polygon(0 50%, 36% 0, 36% 100%, 0 50%, 100% 50%, 64% 0, 64% 100%, 100% 50%);
  }
  .dragged .divider:focus { outline: none; box-shadow: none; }
  html:not(.dragged) .divider:focus + .line::before { box-shadow: 0 0 0 3px var(--accent), 0 2px 6px rgb(0 0 0 / 35%); }
}
@media screen and (prefers-reduced-motion: no-preference) {
  .line::before { transition: scale 0.15s, box-shadow 0.15s; }
  .frame:hover .line::before { scale: 1.1; }
}
`;
