/** Text that may come from a file, whose control characters could steer a terminal: they are shown, not sent. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
