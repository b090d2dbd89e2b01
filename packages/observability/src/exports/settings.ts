export { byteSizeSchema, formatByteSize, parseByteSize } from "../settings/byte-size.ts";
export { durationSchema, formatDuration, parseDuration } from "../settings/duration.ts";
