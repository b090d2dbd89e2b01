export { issueApiKey, revokeApiKey, type NewApiKey } from "../authentication/api-keys/issue-key.ts";
export { ApiKeyFileError, readKeyFile, type ApiKeyRecord } from "../authentication/api-keys/key-file.ts";
