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
  type Verification,
  type VerificationOutcome,
  type VerifiedCheckpoint,
} from "../verification/finding.ts";
export { parseMemory, type TreeMemory } from "../verification/tree-memory.ts";
export { verifyExport, type ExportVerificationOptions } from "../verification/verify-export.ts";
export { verifyOnline, type OnlineOptions } from "../verification/verify-online.ts";
export { writeExport, type ExportOptions, type ExportSelection } from "../verification/write-export.ts";
