import { dtypeOfName, dtypeOfStorage, isTensorClass, UNTYPED_STORAGE } from '../torchTypes.js';

/** What a state dict's pickle may refer to. Everything else is refused by name. */
const ALLOWED: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  'torch.Size',
  'torch.device',
  UNTYPED_STORAGE,
]);

export function isAllowedGlobal(name: string): boolean {
  return (
    ALLOWED.has(name) ||
    dtypeOfStorage(name) !== null ||
    dtypeOfName(name) !== null ||
    isTensorClass(name)
  );
}

/** Names that a pickled model, rather than its state dict, refers to. */
export function isModuleClass(name: string): boolean {
  return (
    /^torch\.nn\.modules\./.test(name) ||
    /^(__main__|models?|networks?)\./.test(name) ||
    /(Generator|Discriminator|Net|Module|Model)$/.test(name)
  );
}
