/** Files that the bundler puts into the command as bytes. */
declare module '*.pth' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module '*.png' {
  const bytes: Uint8Array;
  export default bytes;
}
