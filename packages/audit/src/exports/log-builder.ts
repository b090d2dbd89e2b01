export { type ConsistencyProof } from "../log-builder/proofs/prove-consistency.ts";
export { LOG_BUILDER_ERROR_CODES, LogBuilderError, type LogBuilderErrorCode } from "../log-builder/errors.ts";
export { type LogBuilder } from "../log-builder/signing/log-builder.ts";
export { SILENT_LOG_BUILDER_OBSERVER, type LogBuilderObserver } from "../log-builder/observer.ts";
export {
  openTransparencyLog,
  type TransparencyLog,
  type TransparencyLogOptions,
} from "../log-builder/signing/open-transparency-log.ts";
export { openLogReader, type OpenLogReader } from "../log-builder/proofs/open-log-reader.ts";
export { type RecordSigner } from "../signed-records/record-signer.ts";
export { fileMemory, type CheckpointMemory } from "../log-builder/signing/checkpoint-memory.ts";
export { createLogBuilder, type LogBuilderOptions } from "../log-builder/signing/log-builder.ts";
export { loadOrCreateSigner } from "../log-builder/signing/signer-file.ts";
