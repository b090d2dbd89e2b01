/** What happens behind authentication, as a closed list; the gateway's telemetry counts and logs it. */
export interface AuthenticationObserver {
  /** A set of API keys is in force from now on. */
  apiKeysLoaded(event: { readonly keys: number }): void;
  /** The file of API keys cannot be used; the keys before stay in force. */
  apiKeysLoadFailed(event: { readonly message: string }): void;
  /** When keys were used last cannot be written down; told once. */
  apiKeyUsageNotWritten(event: { readonly message: string }): void;
  /** The file of an issuer's key changed: it is in use now (`null`), or cannot be, and the key before still is. */
  signingKeyFileChanged(event: { readonly issuer: string; readonly problem: string | null }): void;
  /** An issuer's keys could not be fetched; `usable` tells whether older ones still serve. */
  signingKeysFetchFailed(event: {
    readonly issuer: string;
    readonly message: string;
    readonly usable: boolean;
  }): void;
}
