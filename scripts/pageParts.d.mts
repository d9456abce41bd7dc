import type { Plugin } from 'esbuild';

export function withoutUnused(root: string): Plugin;
