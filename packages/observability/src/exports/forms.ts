export { formatDuration, parseDuration } from "../settings/duration-text.ts";
export { isLoopback } from "../settings/loopback.ts";
