export { createKeySet, parseKeySet, type KeySet } from "../transparency-log/notes/key-set.ts";
export { openCheckpoint, type OpenedCheckpoint } from "../transparency-log/notes/open-checkpoint.ts";
export {
  parseProof,
  verifyReceipt,
  type Receipt,
  type ReceiptDemands,
} from "../transparency-log/proofs/receipt.ts";
export { verifyConsistency } from "../transparency-log/proofs/verify-proof.ts";
export { parseTilePath } from "../transparency-log/tiles/tile-layout.ts";
export {
  TRANSPARENCY_LOG_ERROR_CODES,
  TransparencyLogError,
  type TransparencyLogErrorCode,
} from "../transparency-log/errors.ts";
export { type TrustedKey } from "../transparency-log/notes/key-set.ts";
export { type NoteSigner } from "../transparency-log/notes/note-signer.ts";
export { parseVerifierKey, type VerifierKey } from "../transparency-log/notes/verifier-key.ts";
