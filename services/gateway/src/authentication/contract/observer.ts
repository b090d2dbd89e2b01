import type { SigningKeyObserver } from "@sark/authentication";

/** What happens behind authentication, as a closed list; the gateway's telemetry counts and logs it. */
export interface AuthenticationObserver extends SigningKeyObserver {
  /** A set of API keys is in force from now on. */
  apiKeysLoaded(event: { readonly keys: number }): void;
  /** The file of API keys cannot be used; the keys before stay in force. */
  apiKeysLoadFailed(event: { readonly message: string }): void;
  /** When keys were used last cannot be written down; told once. */
  apiKeyUsageNotWritten(event: { readonly message: string }): void;
}
