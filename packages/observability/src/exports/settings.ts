export { byteSizeSchema, formatByteSize, parseByteSize } from "../settings/byte-size.ts";
export { durationSchema } from "../settings/duration.ts";
export { formatDuration, parseDuration } from "../settings/duration-text.ts";
export { expandReferences, SecretError } from "../settings/secrets/expand.ts";
export { openSecret, SECRET_MASK, type Secret } from "../settings/secrets/open-secret.ts";
export { referencedFiles, referencedVariables } from "../settings/secrets/references.ts";
export { isSecretSchema, secretSchema, textWithReferencesSchema } from "../settings/secrets/schemas.ts";
export { isExposedUrl, secureUrl } from "../settings/exposed-url.ts";
export { isLoopback } from "../settings/loopback.ts";
