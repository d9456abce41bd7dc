import { groupedSuite } from '../support/groupedSuite.js';

groupedSuite(40);
