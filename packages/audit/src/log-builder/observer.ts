import type { LogBuilderError } from "./errors.ts";

/** What happens in the log builder. Each member is called synchronously and must not block. */
export interface LogBuilderObserver {
  /** This replica became, or ceased to be, the one that signs. */
  leadershipChanged(leading: boolean): void;
  /** `leaves` were added since the checkpoint before; `seconds` is what reading, hashing, storing and signing took. */
  checkpointSigned(checkpoint: {
    readonly size: number;
    readonly leaves: number;
    readonly seconds: number;
  }): void;
  /** The store contradicts what was signed: nothing is signed until it no longer does. An operator has to look at once. */
  refused(error: LogBuilderError): void;
  /** The database or the file system failed; it is tried again. */
  failed(error: unknown): void;
  /** The stored tiles were useless and were made again from the events, which agree with what was signed. */
  tilesRebuilt(tree: { readonly size: number }): void;
  /** A witness cosigned, or an authority time-stamped, the checkpoint of that size. */
  attested(attestation: { readonly by: string; readonly size: number; readonly seconds: number }): void;
  attestationFailed(failure: { readonly by: string; readonly error: unknown }): void;
}

/** Does nothing: to be completed by those who listen (`combineObservers`). */
export const SILENT_LOG_BUILDER_OBSERVER: LogBuilderObserver = {
  leadershipChanged: () => undefined,
  checkpointSigned: () => undefined,
  refused: () => undefined,
  failed: () => undefined,
  tilesRebuilt: () => undefined,
  attested: () => undefined,
  attestationFailed: () => undefined,
};
