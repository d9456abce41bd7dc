/** Files that the bundler puts into the command: which of the comments at its end holds each (`scripts/bundleCommand.mjs`). */
declare module '*.pth' {
  const comment: number;
  export default comment;
}
declare module '*.png' {
  const comment: number;
  export default comment;
}
/** All files of the page, and what there is to know of them, as compressed JSON; `null` where the command is built without. */
declare module '*.archive' {
  const comment: number | null;
  export default comment;
}
