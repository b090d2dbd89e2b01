/** Tells what was sent once from what is sent again. */
export interface SeenNonces {
  isNew(nonce: string): boolean;
}

/** Beyond these the oldest time is not waited for: what comes is refused. */
const MAX_REMEMBERED = 500_000;

/** Remembers what came within `keptMs`: what is older must be refused by its time. */
export function createSeenNonces(
  keptMs: number,
  { max = MAX_REMEMBERED, now = () => performance.now() }: { readonly max?: number; now?(): number } = {},
): SeenNonces {
  /** In the order in which they came. */
  const seen = new Map<string, number>();
  return {
    isNew(nonce) {
      const at = now();
      for (const [old, until] of seen) {
        if (until > at) {
          break;
        }
        seen.delete(old);
      }
      if (seen.has(nonce) || seen.size >= max) {
        return false;
      }
      seen.set(nonce, at + keptMs);
      return true;
    },
  };
}
