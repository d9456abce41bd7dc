import { nodeProgram } from './support.mjs';

/** Plain programs of Node, by `import` and by `require`. */
export const environments = [
  {
    name: 'Node, import',
    run: (where) => nodeProgram(where, 'import.mjs', "import * as library from 'cyclegan-ts';"),
  },
  {
    name: 'Node, require',
    run: (where) => nodeProgram(where, 'require.cjs', "const library = require('cyclegan-ts');"),
  },
  {
    name: 'Node, require of a bundler or test runner',
    run: (where) =>
      nodeProgram(
        where,
        'main.cjs',
        "const library = require('./node_modules/cyclegan-ts/dist/cjs/index.js');",
      ),
  },
  {
    name: 'Node, --permission',
    expects: { threads: 1, notice: /--allow-worker/ },
    run: (where) =>
      nodeProgram(where, 'permission.mjs', "import * as library from 'cyclegan-ts';", [
        Number(process.versions.node.split('.')[0]) < 24
          ? '--experimental-permission'
          : '--permission',
        '--allow-fs-read=*',
      ]),
  },
];
