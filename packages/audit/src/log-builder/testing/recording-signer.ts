import { parseCheckpoint } from "../../transparency-log/notes/checkpoint.ts";
import type { NoteSigner } from "../../transparency-log/notes/note-signer.ts";

/** Watches a signer: which root it put its name to, per size. Two for one size is what must never happen. */
export function recordingSigner(signer: NoteSigner): NoteSigner & {
  readonly signed: ReadonlyMap<number, ReadonlySet<string>>;
} {
  const signed = new Map<number, Set<string>>();
  return {
    key: signer.key,
    signed,
    sign(text) {
      // Records of purges are signed, too, and are no trees.
      if (text.startsWith("sark-audit-record/")) {
        return signer.sign(text);
      }
      const { size, root } = parseCheckpoint(text);
      signed.set(size, (signed.get(size) ?? new Set()).add(Buffer.from(root).toString("hex")));
      return signer.sign(text);
    },
  };
}
