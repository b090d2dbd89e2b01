import type { SharedStateErrorCode } from "./errors.ts";

/** What happens to the shared state, as a closed list; the gateway's telemetry counts and logs it. */
export interface SharedStateObserver {
  /** It responds, from now on or again. */
  cameUp(): void;
  /** It does not, and is tried again by itself. Once for each time that it goes away. */
  wentDown(event: { readonly code: SharedStateErrorCode; readonly message: string }): void;
  /** A request to it failed. */
  failed(code: SharedStateErrorCode): void;
  responded(seconds: number): void;
}
