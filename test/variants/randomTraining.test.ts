import { randomTrainingSuite } from '../support/randomGraphs.js';

randomTrainingSuite();
