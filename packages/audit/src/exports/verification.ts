export { createAuditorPool } from "../postgres/auditor-pool.ts";
export {
  VERIFICATION_ERROR_CODES,
  VerificationError,
  type VerificationErrorCode,
} from "../verification/errors.ts";
export {
  FINDING_KINDS,
  type ColumnDifference,
  type Finding,
  type FindingKind,
} from "../verification/findings/finding.ts";
export {
  type Verification,
  type VerificationResult,
  type VerifiedCheckpoint,
} from "../verification/findings/verification.ts";
export { parseMemory, type TreeMemory } from "../verification/trust/tree-memory.ts";
export { verifyExport, type ExportVerificationOptions } from "../verification/export/verify-export.ts";
export { verifyOnline, type OnlineOptions } from "../verification/online/verify-online.ts";
export {
  writeExport,
  type ExportOptions,
  type ExportSelection,
} from "../verification/export/write-export.ts";
