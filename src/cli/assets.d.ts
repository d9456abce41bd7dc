/** Files that the bundler puts into the command, in base64. */
declare module '*.pth' {
  const base64: string;
  export default base64;
}
declare module '*.png' {
  const base64: string;
  export default base64;
}
