export {
  type AttestableCheckpoint,
  type Attestation,
  type AttestationRequest,
  type Attestor,
} from "../attestation/attestor.ts";
export {
  ATTESTATION_ERROR_CODES,
  AttestationError,
  type AttestationErrorCode,
} from "../attestation/errors.ts";
export {
  createTimeStampAuthority,
  type TimeStampAuthorityOptions,
} from "../attestation/time-stamp/time-stamp-authority.ts";
export { createWitness, type WitnessOptions } from "../attestation/witness.ts";
