export { createKeySet, parseKeySet, type KeySet } from "../transparency-log/key-set.ts";
export { openCheckpoint, type OpenedCheckpoint } from "../transparency-log/open-checkpoint.ts";
export { parseProof, verifyReceipt, type Receipt } from "../transparency-log/receipt.ts";
export { verifyConsistency } from "../transparency-log/verify-proof.ts";
export { parseTilePath } from "../transparency-log/tile-layout.ts";
export {
  TRANSPARENCY_LOG_ERROR_CODES,
  TransparencyLogError,
  type TransparencyLogErrorCode,
} from "../transparency-log/errors.ts";
export { type TrustedKey } from "../transparency-log/key-set.ts";
export { type NoteSigner } from "../transparency-log/note-signer.ts";
export { parseVerifierKey, type VerifierKey } from "../transparency-log/verifier-key.ts";
