import { render } from 'preact';
import { App } from './app/app.js';
import { start } from './app/start.js';

/** The page begins here; `worker/worker.ts` is where its worker does. */
const root = document.getElementById('app');
// The worker has the most to load: it begins before the window draws anything.
start();
if (root !== null) render(<App />, root);
