import { savedSignal } from '../../ui/saved.js';
import { DEFAULTS, type Settings } from '../settings.js';

/** What pictures are translated with. */
export const settings = savedSignal<Settings>('settings', DEFAULTS, readSettings);

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
}

/** What an earlier visit, perhaps of an earlier version, has left; whatever is not of the right kind is as by default. */
function readSettings(kept: unknown): Settings | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const found = kept as Record<string, unknown>;
  const entries = Object.entries(DEFAULTS).map(([name, usual]) => {
    const value = Object.hasOwn(found, name) ? found[name] : usual;
    const fits = usual === null || typeof value === typeof usual;
    return [name, fits ? value : usual];
  });
  return Object.fromEntries(entries) as unknown as Settings;
}
