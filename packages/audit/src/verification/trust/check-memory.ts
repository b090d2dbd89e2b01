import { checkCheckpoint, type Trust, type TrustedCheckpoint } from "./check-checkpoint.ts";
import type { Finding } from "../findings/finding.ts";
import { leadTo, parseMemory, type RememberedSubtree } from "./tree-memory.ts";

export interface CheckedMemory {
  /** `null` where nothing is remembered, or what is does not count. */
  readonly checkpoint: TrustedCheckpoint | null;
  readonly subtrees: readonly RememberedSubtree[];
  /** Why it does not count. */
  readonly findings: readonly Finding[];
}

/** Whether what is remembered counts: signed by a key that is trusted, with subtrees that are those of its tree. */
export function checkMemory(text: string | null, trust: Trust): CheckedMemory {
  const nothing = { checkpoint: null, subtrees: [] };
  if (text === null) {
    return { ...nothing, findings: [] };
  }
  const memory = parseMemory(text);
  if (memory === null) {
    return { ...nothing, findings: [unusable("it cannot be read.")] };
  }
  const { checkpoint, findings } = checkCheckpoint({ note: memory.note }, trust);
  if (checkpoint === null) {
    return { ...nothing, findings: findings.map(({ kind, message }) => unusable(message, kind)) };
  }
  if (!leadTo(memory.subtrees, checkpoint)) {
    return { ...nothing, findings: [unusable("its subtrees are not those of its tree.")] };
  }
  return { checkpoint, subtrees: memory.subtrees, findings: [] };
}

function unusable(why: string, kind: Finding["kind"] = "wrong_checkpoint"): Finding {
  return { kind, seq: null, id: null, message: `What is remembered does not count: ${why}` };
}
