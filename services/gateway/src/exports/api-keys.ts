export { issueApiKey, revokeApiKey, type NewApiKey } from "../authentication/api-keys/issue-key.ts";
export { rotateApiKey } from "../authentication/api-keys/rotate-key.ts";
export { readKeyUsage, type KeyUsage } from "../authentication/api-keys/key-usage.ts";
export { ApiKeyFileError, readKeyFile, type ApiKeyRecord } from "../authentication/api-keys/key-file.ts";
