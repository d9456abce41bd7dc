import { groupedSuite } from '../support/groupedSuite.js';

groupedSuite(150);
