import type { Identity } from "@sark/authentication";

/** Who sends a request, and where from. */
export interface Caller {
  readonly principal: Identity;
  /** Names the credential for the record; never the secret. */
  readonly credential: string;
  readonly correlationId: string;
  readonly clientAddress: string;
}
