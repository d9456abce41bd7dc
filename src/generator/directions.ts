/** What stands before a direction in the names of networks: `netG_A2B`, `genA2B`, `G_XtoY`. */
const NETWORK = /^(?:net_?|gen(?:erator)?s?_?|g_?)+/i;
const BETWEEN = /^([A-Za-z]{1,20})(?:2|_?to_?|_2_)([A-Za-z]{1,20})$/;
const LETTERS = /^([A-Za-z])([A-Za-z])$/;
/** As in horse2zebra. */
const DATASET = /(?:^|[^A-Za-z0-9])([A-Za-z]{2,20})2([A-Za-z]{2,20})(?![A-Za-z0-9])/;

/**
 * From what to what a generator translates, as far as names tell: `A → B`, or `horse → zebra` where a file's name says what
 * the two are. `null` where they do not.
 *
 * @param name What the generator is called in its file; names joined by dots.
 * @param file What the file is called.
 */
export function directionOf(name: string, file = ''): string | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const domains = DATASET.exec(file.slice(-200))?.slice(1) ?? null;
  // One generator a domain, called after what it makes.
  if (/(^|\.)generators\.[^.]+$/.test(name)) {
    const from = domains?.find((domain) => domain !== last);
    return domains?.includes(last) ? `${from} → ${last}` : `→ ${last}`;
  }
  const rest = last.replace(NETWORK, '');
  const [, from, to] = BETWEEN.exec(rest) ?? LETTERS.exec(rest) ?? lone(last) ?? [];
  if (from === undefined || from === to) return null;
  const named = (letter: string) => domains?.['AB'.indexOf(letter.toUpperCase())] ?? letter;
  return `${named(from)} → ${named(to)}`;
}

/** The CycleGAN authors call what makes B of A `G_A`. */
function lone(name: string): readonly string[] | null {
  const letter = /^(?:net)?G_([AB])$/.exec(name)?.[1];
  if (letter === undefined) return null;
  return letter === 'A' ? ['', 'A', 'B'] : ['', 'B', 'A'];
}
