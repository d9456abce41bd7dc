import { align, type Buffer } from './arena.js';

/**
 * That a buffer may take the place of another: a step makes it in the order of its bytes, while it reads the other one for the last time,
 * in that order, too.
 */
export interface Overlay {
  readonly source: Buffer;
  readonly result: Buffer;
  /** So many bytes the source has to lie behind the result. */
  readonly distance: number;
}

/** A buffer of a group, so many bytes behind the group's start. */
interface Member {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** Buffers that are placed together; they may overlap. */
type Group = readonly Member[];

/**
 * As `layOut`, but buffers that may take each other's place do, where that does not make others collide.
 * @returns The end of the area.
 */
export function layOutOverlaid(
  buffers: readonly Buffer[],
  overlays: readonly Overlay[],
  start: number,
): number {
  const placed: Buffer[] = [];
  let end = start;
  const sized = groupsOf(buffers, overlays).map((group) => ({ group, bytes: extentOf(group) }));
  for (const { group, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    const address = lowestPlace(group, placed, start);
    for (const { buffer, offset } of group) {
      buffer.address = address + offset;
      placed.push(buffer);
    }
    end = Math.max(end, address + bytes);
  }
  return align(end);
}

function groupsOf(buffers: readonly Buffer[], overlays: readonly Overlay[]): Group[] {
  const groups = new Map<Buffer, Group>();
  for (const buffer of buffers) groups.set(buffer, [{ buffer, offset: 0 }]);
  // Of a buffer, one takes its place, and it takes that of one.
  const [replaced, replacing] = [new Set<Buffer>(), new Set<Buffer>()];
  for (const { source, result, distance } of overlays) {
    const [above, below] = [groups.get(source), groups.get(result)];
    if (above === undefined || below === undefined || above === below) continue;
    if (replaced.has(source) || replacing.has(result)) continue;
    const offset = align(Math.max(0, distance)) + offsetIn(below, result) - offsetIn(above, source);
    const moved = above.map((member) => ({ ...member, offset: member.offset + offset }));
    const isPair = (a: Member, b: Member) => a.buffer === source && b.buffer === result;
    if (moved.some((a) => below.some((b) => !isPair(a, b) && collide(a, b)))) continue;
    const least = Math.min(0, ...moved.map((member) => member.offset));
    const joined = [...below, ...moved].map((m) => ({ ...m, offset: m.offset - least }));
    for (const { buffer } of joined) groups.set(buffer, joined);
    replaced.add(source);
    replacing.add(result);
  }
  return [...new Set(groups.values())];
}

function offsetIn(group: Group, buffer: Buffer): number {
  return group.find((member) => member.buffer === buffer)?.offset ?? 0;
}

function extentOf(group: Group): number {
  return Math.max(...group.map(({ buffer, offset }) => offset + buffer.bytes));
}

function liveTogether(a: Buffer, b: Buffer): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function collide(a: Member, b: Member): boolean {
  if (!liveTogether(a.buffer, b.buffer)) return false;
  return a.offset < b.offset + b.buffer.bytes && b.offset < a.offset + a.buffer.bytes;
}

/** The lowest address that is free for each of a group's buffers as long as it lives. */
function lowestPlace(group: Group, placed: readonly Buffer[], start: number): number {
  let address = start;
  for (;;) {
    // Moves on behind what is in the way, until nothing is.
    let next = address;
    for (const { buffer, offset } of group) {
      for (const other of placed) {
        if (!liveTogether(buffer, other)) continue;
        const at = address + offset;
        if (at >= other.address + other.bytes || other.address >= at + buffer.bytes) continue;
        next = Math.max(next, align(other.address + other.bytes) - offset);
      }
    }
    if (next === address) return address;
    address = align(next);
  }
}
