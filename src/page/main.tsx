import { render } from 'preact';
import { App } from './app/app.js';
import { start } from './app/start.js';

/** The page begins here; `worker/worker.ts` is where its worker does. */
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
start();
