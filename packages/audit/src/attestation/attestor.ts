/** A checkpoint that an attestor confirms. */
export interface AttestableCheckpoint {
  readonly size: number;
  /** As it was signed. */
  readonly note: string;
}

/** What an attestor gave, verified. The attestor keeps nothing: who asked for it stores it. */
export type Attestation =
  /** Signature lines of a witness, each with its newline, to be appended to the note. */
  | { readonly kind: "cosignature"; readonly lines: string }
  /** A TimeStampToken (RFC 3161) over the checkpoint's text, in DER. */
  | { readonly kind: "time_stamp"; readonly token: Buffer };

/** A signed checkpoint that an attestor is asked to confirm. */
export interface AttestationRequest {
  readonly checkpoint: AttestableCheckpoint;
  /** The hashes that prove that the checkpoint's tree continues the one of `oldSize` (RFC 6962, 2.1.2). */
  proveConsistency(oldSize: number): Promise<readonly Uint8Array[]>;
  readonly signal: AbortSignal;
}

/** A party outside of the log that confirms its checkpoints: a witness, or a time-stamp authority. */
export interface Attestor {
  readonly name: string;
  /** The shortest time between two requests, in milliseconds. */
  readonly everyMs: number;
  /** Has the checkpoint confirmed. Rejects with an `AttestationError`, or with what `fetch` rejects with. */
  attest(request: AttestationRequest): Promise<Attestation>;
}
