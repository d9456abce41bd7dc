import { PthError } from '../pthError.js';
import { isForbiddenMember, isGetattr, isPartial, whyForbidden } from './globals.js';
import { PickleCall, PickleGlobal, PickleMember, type PickleValue } from './values.js';

/**
 * A name that may only be called, and only as Python does to write plain data. `getattr(owner, name)` is a member of an Enum
 * (in Python 3.11), or a method, as a ConfigParser and torch's OneCycleLR have them; `partial(member)` stands in a
 * ConfigParser. What comes back can be kept, and called by nobody. Anywhere else, such a name is an attack's.
 */
export class PickleReserved {
  readonly name: string;
  readonly offset: number;
  /** Whether it was called in the way that it may be. */
  wasCalled = false;

  constructor(name: string, offset: number) {
    this.name = name;
    this.offset = offset;
  }

  refusal(): PthError {
    const dot = this.name.lastIndexOf('.');
    const why = whyForbidden(this.name.slice(0, dot), this.name.slice(dot + 1));
    return new PthError('ERR_PTH_FORBIDDEN', why, { offset: this.offset });
  }

  /** @throws PthError for a call that is not as Python writes it. */
  called(args: readonly PickleValue[]): PickleValue {
    const made = isGetattr(this.name) ? memberOf(args) : partialOf(this, args);
    if (made === null) throw this.refusal();
    this.wasCalled = true;
    return made;
  }
}

/** Names of classes begin with a capital; modules and functions lead elsewhere. */
const CLASS = /(^|\.)_*[A-Z]\w*$/;
/** What begins with two underscores leads to globals, to the class, to its bases. */
const MEMBER = /^_?[A-Za-z]\w*$/;

/** `getattr(owner, name)` of a class, or of an object that is of a class whatever its arguments; `null` for any other. */
function memberOf(args: readonly PickleValue[]): PickleMember | null {
  const [owner, name] = args;
  const isOwner = owner instanceof PickleGlobal || (owner instanceof PickleCall && owner.isNew);
  if (args.length !== 2 || !isOwner || typeof name !== 'string') return null;
  if (!CLASS.test(owner.name) || !MEMBER.test(name)) return null;
  return isForbiddenMember(owner.name, name) ? null : new PickleMember(owner.name, name);
}

/** `partial(member)` of a class of Python's for settings. Whatever BUILD adds is kept as it is. */
function partialOf(
  { name, offset }: PickleReserved,
  args: readonly PickleValue[],
): PickleCall | null {
  const [member] = args;
  const isOne =
    args.length === 1 &&
    member instanceof PickleMember &&
    /^(configparser|ConfigParser)\.\w+$/.test(member.owner);
  return isOne ? new PickleCall(new PickleGlobal(name, offset), args) : null;
}

/** Why what a name that may only be called gave is not called in turn; `null` for anything else. */
export function whyUncallable(value: PickleValue | undefined): string | null {
  const isMember = value instanceof PickleMember;
  const isPartialCall = value instanceof PickleCall && isPartial(value.name);
  if (!isMember && !isPartialCall) return null;
  const what = isMember ? value.fullName : value.name;
  return `The file calls ${JSON.stringify(what.slice(0, 200))}, which no weights need, but an attack does. Nothing was called. Do not open this file in Python unless you trust its source`;
}
