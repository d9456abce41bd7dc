import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isProblem: boolean;
  readonly action: NoticeAction | null;
}

/** Something to do about it, as a button. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

interface NoticeOptions {
  readonly isProblem?: boolean;
  readonly action?: NoticeAction | null;
}

/** What is told in passing; the last few. */
export const notices = signal<readonly Notice[]>([]);

const MAX_NOTICES = 3;
/** A remark goes by itself; a problem stays until it is put away, and so does what can be acted on. */
const REMARK_MS = 5000;
let count = 0;

export function tell(text: string, { isProblem = false, action = null }: NoticeOptions = {}): void {
  const id = count++;
  notices.value = [...notices.value, { id, text, isProblem, action }].slice(-MAX_NOTICES);
  if (!isProblem && action === null) setTimeout(() => putAway(id), REMARK_MS);
}

export function putAway(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
