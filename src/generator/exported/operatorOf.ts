/** `torch.ops.aten.relu_.default` is `relu`, in place. */
export function operatorOf(target: string): { readonly name: string; readonly isInPlace: boolean } {
  const [, found] = /^torch\.ops\.aten\.(\w+)\.\w+$/.exec(target) ?? [];
  const isInPlace = found !== undefined && /[^_]_$/.test(found);
  return { name: isInPlace ? found.slice(0, -1) : (found ?? target), isInPlace };
}
