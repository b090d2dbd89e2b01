/** For tests of who uses this package: databases, and a witness and a time-stamp authority to have checkpoints confirmed by. */
export { createAuditDatabase } from "./store/testing/audit-database.ts";
export { prepareAuditDatabase } from "./store/testing/prepare-audit-database.ts";
export { startOpensslAuthority, type TestAuthority } from "./attestation/testing/start-openssl-authority.ts";
export { startWitness } from "./attestation/testing/start-witness.ts";
export { createCosigner } from "./transparency-log/notes/note-signer.ts";
export { namedKey } from "./transparency-log/testing/keys.ts";
