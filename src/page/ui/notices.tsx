import { Icon } from './icon.js';
import { notices, putAway } from './notice.js';

/** What is told in passing, at the foot of the page. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, isProblem, action }) => (
        <p key={id} class={isProblem ? 'notice problem' : 'notice'}>
          <span>{text}</span>
          {action !== null && (
            <button type="button" class="button" onClick={action.run}>
              {action.label}
            </button>
          )}
          <button type="button" class="plain" onClick={() => putAway(id)}>
            <Icon name="close" />
            <span class="unseen">Put away</span>
          </button>
        </p>
      ))}
    </div>
  );
}
