import fc from 'fast-check';

if (process.env.CYCLEGAN_RUNS === undefined) fc.configureGlobal({ seed: 20 });
