/**
 * A name for every output, no two alike: where two inputs differ in their extension alone, both keep it, and what is still
 * alike is numbered. The same inputs give the same names.
 *
 * @param places Where each output would lie under its input's name, with the input's extension.
 * @param ending What takes the extension's place.
 * @param fold What is the same of names that a file system takes for one.
 */
export function nameOutputs(
  places: readonly string[],
  ending: string,
  fold: (name: string) => string,
): string[] {
  const bare = places.map((place) => place.replace(/\.[^./\\]+$/, ''));
  const uses = new Map<string, number>();
  for (const name of bare) uses.set(fold(name), (uses.get(fold(name)) ?? 0) + 1);
  const taken = new Set<string>();
  return places.map((place, i) => {
    const name = uses.get(fold(bare[i])) === 1 ? bare[i] : place;
    let output = `${name}${ending}`;
    for (let n = 2; taken.has(fold(output)); n++) output = `${name}-${n}${ending}`;
    taken.add(fold(output));
    return output;
  });
}
