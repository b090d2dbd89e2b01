export interface RequestLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Bytes that each entry adds to its own: separators, or what the receiver charges. */
  readonly overheadBytes: number;
}

/** Groups entries, in order, so that each group is within the limits. An entry beyond them alone stands alone. */
export function splitEntries<E extends { readonly bytes: number }>(
  entries: readonly E[],
  { maxEntries, maxBytes, overheadBytes }: RequestLimits,
): E[][] {
  const groups: E[][] = [];
  let group: E[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const cost = entry.bytes + overheadBytes;
    if (group.length > 0 && (group.length >= maxEntries || bytes + cost > maxBytes)) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += cost;
  }
  if (group.length > 0) {
    groups.push(group);
  }
  return groups;
}
