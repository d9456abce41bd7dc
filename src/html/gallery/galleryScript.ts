import { DIVIDER_SCRIPT } from '../dividerScript.js';

/** What moves the dividers of a gallery, lets pictures stand side by side, and filters them by name. */
export const GALLERY_SCRIPT = `${DIVIDER_SCRIPT}
(() => {
  const page = document.documentElement;

  addEventListener('change', ({ target }) => {
    if (target.name === 'view') page.classList.toggle('sides', target.value === 'sides');
  });

  addEventListener('DOMContentLoaded', () => {
    // A file that was cut off has none.
    const footer = document.querySelector('footer');
    if (footer) document.querySelector('h1').after(...footer.children);
    footer?.remove();

    const figures = [...document.querySelectorAll('figure')].map((figure) => ({
      figure,
      name: figure.querySelector('h2').textContent.toLowerCase(),
    }));
    if (figures.length <= 12) return;
    const filter = document.querySelector('.filter');
    filter.hidden = false;
    filter.addEventListener('input', ({ target }) => {
      const wanted = target.value.trim().toLowerCase();
      for (const { figure, name } of figures) figure.hidden = !name.includes(wanted);
      const found = figures.filter(({ figure }) => !figure.hidden).length;
      filter.querySelector('.found').textContent =
        wanted === '' ? '' : found + ' of ' + figures.length;
    });
  });
})();
`;
