import type { Identity } from "@sark/authentication";

/** By which a caller was authenticated, as far as it takes to find out later whether that is still good. Never the secret. */
export type CredentialProof =
  | { readonly kind: "api_key"; readonly sha256: string }
  /** `expiresAt`: Unix milliseconds. */
  | { readonly kind: "token"; readonly expiresAt: number };

/** Who sends a request, and where from. */
export interface Caller {
  readonly principal: Identity;
  /** Names the credential for the record; never the secret. */
  readonly credential: string;
  readonly proof: CredentialProof;
  readonly correlationId: string;
  readonly clientAddress: string;
}
