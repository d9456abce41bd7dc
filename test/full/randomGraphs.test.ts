import { randomGraphSuite } from '../support/randomGraphs.js';

randomGraphSuite();
