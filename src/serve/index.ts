export { createHandler, type Handler } from './handler.js';
export type { HandlerOptions, ModelSource, ServedWeights, ServiceLimits } from './options.js';
export type { RequestEntry, StageTimes } from './requestEntry.js';
export type { ModelReport } from './translator/translator.js';
