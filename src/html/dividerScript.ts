/**
 * What moves dividers between two pictures. It runs before the pictures are there and listens on the window, so that those work
 * which have come while the others are still being read. With it, the page has the class `scripted`.
 *
 * A divider is a range input, which brings the keyboard and its name for assistive technology. The
 * pointer is followed here: a range input moves in whole steps, on some phones only by its thumb, and
 * keeps a finger on it from scrolling the page.
 */
export const DIVIDER_SCRIPT = `
(() => {
  const page = document.documentElement;
  page.classList.add('scripted');
  let drag = null;

  const place = (divider, share) => {
    divider.value = share;
    const whole = divider.value;
    const { left, right } = divider.dataset;
    divider.setAttribute('aria-valuetext', whole + '% ' + left + ', ' + (100 - whole) + '% ' + right);
    divider.closest('.frame').style.setProperty('--at', share + '%');
  };

  const follow = ({ clientX }) => {
    const { left, width } = drag.frame.getBoundingClientRect();
    place(drag.divider, Math.min(100, Math.max(0, ((clientX - left) / width) * 100)));
  };

  addEventListener('input', ({ target }) => {
    if (target.matches('.divider')) place(target, target.value);
  });

  addEventListener('pointerdown', (event) => {
    const frame = event.target.closest('.frame');
    if (!frame || !event.isPrimary || event.button !== 0 || page.matches('.sides')) return;
    const { pointerId, clientX, clientY } = event;
    // A finger may be about to scroll: nothing moves until it goes sideways, or was a tap.
    const moving = event.pointerType !== 'touch';
    drag = { frame, divider: frame.querySelector('.divider'), pointerId, clientX, clientY, moving };
    frame.setPointerCapture(pointerId);
    page.classList.add('dragged');
    if (moving) follow(event);
  });

  // The focus would go where the picture is, that is, nowhere.
  addEventListener('mousedown', (event) => {
    if (!drag) return;
    event.preventDefault();
    drag.divider.focus({ preventScroll: true });
  });

  // Browsers differ in whether a focus that a script gives is seen, and do not look again when keys follow.
  addEventListener('keydown', () => page.classList.remove('dragged'));

  addEventListener('pointermove', (event) => {
    if (!drag || event.pointerId !== drag.pointerId) return;
    const across = Math.abs(event.clientX - drag.clientX);
    drag.moving ||= across > 4 && across > Math.abs(event.clientY - drag.clientY);
    if (drag.moving) follow(event);
  });

  addEventListener('pointerup', (event) => {
    if (!drag || event.pointerId !== drag.pointerId) return;
    follow(event);
    drag = null;
  });

  addEventListener('pointercancel', () => {
    drag = null;
  });
})();
`;
