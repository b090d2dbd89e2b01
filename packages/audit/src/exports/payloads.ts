export { holdsSensitive } from "../payloads/holds-sensitive.ts";
export { type Erasure, type ErasureRequester, type ErasureSelector } from "../payloads/erase-payloads.ts";
export {
  PAYLOAD_POLICIES,
  type PayloadPolicy,
  type Payloads,
  type PayloadSettings,
} from "../payloads/prepare.ts";
export { type RedactionRules } from "../payloads/redact.ts";
export { type SchemaView, viewSchema } from "../payloads/sensitive-schema.ts";
