export { countFaults, FAULT_SEVERITIES, type Fault, type FaultCounting } from "../logging/count-faults.ts";
export { createLogger, type LogFields, type Logger, type LoggerOptions } from "../logging/logger.ts";
export { type Destination, type StandardOutput } from "../logging/destination.ts";
export { type LineReader, type NumberedLine } from "../logging/files/line-reader.ts";
export { LOG_NAMES, type LogName } from "../logging/files/log-names.ts";
export { type LogFilesObserver } from "../logging/files/observer.ts";
export {
  LogFolderInUseError,
  openLogFiles,
  type LogFiles,
  type LogFilesOptions,
} from "../logging/files/open-log-files.ts";
export { type ShippableLog } from "../logging/files/shippable-log.ts";
export { firstPosition, type ShippingPosition } from "../logging/files/position-file.ts";
export { standardStream, type StandardStream } from "../logging/standard-streams/standard-stream.ts";
export { type StandardStreamObserver } from "../logging/standard-streams/observer.ts";
export { limitLines } from "../logging/limit-lines.ts";
export { type Level, type LogLevels } from "../logging/levels.ts";
export { currentContext, extendContext, runInContext, type LogContext } from "../logging/context.ts";
export { installCrashHandlers, type CrashOptions } from "../logging/crash.ts";
export { redactRecord } from "../logging/redact-record.ts";
export { type SamplingOptions } from "../logging/sampling.ts";
