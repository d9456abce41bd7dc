/**
 * The content security policy of a page that asks for nothing beyond itself: should a name ever slip through the escaping,
 * it could still neither load nor send anything.
 */
export const SELF_CONTAINED = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "script-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
