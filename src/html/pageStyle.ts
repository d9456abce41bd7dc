/** What pages have in common that are one file each: colours for light and dark, the font, the focus. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f5f4f1;
  --card: #fff;
  --edge: #dcd9d2;
  --ink: #1d1c1a;
  --faint: #605d57;
  --accent: #1d5bc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131313;
    --card: #1d1d1d;
    --edge: #363534;
    --ink: #eceae6;
    --faint: #a5a29c;
    --accent: #8db6ff;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto;
  max-width: 100rem;
  padding: clamp(1rem, 3vw, 2.5rem);
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, p, ul, figure { margin: 0; padding: 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
`;
