import { SELF_CONTAINED } from './policy.js';
import { text } from './text.js';

export interface PageHead {
  readonly title: string;
  /** By which a page is known as one of ours. */
  readonly generator: string;
  readonly style: string;
  readonly script: string;
}

/** A page that asks for nothing beyond itself, up to its body. */
export function pageHead({ title, generator, style, script }: PageHead): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${SELF_CONTAINED}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${generator}">
<title>${text(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<script>${script}</script>
</head>
<body>`;
}
