/** Files that the bundler puts into the command: which of the comments at its end holds each (`scripts/bundleCommand.mjs`). */
declare module '*.pth' {
  const comment: number;
  export default comment;
}
declare module '*.png' {
  const comment: number;
  export default comment;
}
