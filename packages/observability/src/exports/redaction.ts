export { redactText } from "../redaction/secret-patterns.ts";
export { createSecretNameTest, REDACTED } from "../redaction/secret-names.ts";
export { createSecretPlaces, givesAway } from "../redaction/secret-places.ts";
export { hideInJsonText } from "../redaction/json-text.ts";
