/** What happens to the keys that tokens are verified by, as a closed list; the service's telemetry counts and logs it. */
export interface SigningKeyObserver {
  /** The file of an issuer's key changed: it is in use now (`null`), or cannot be, and the key before still is. */
  signingKeyFileChanged(event: { readonly issuer: string; readonly problem: string | null }): void;
  /** An issuer's keys could not be fetched; `usable` tells whether older ones still serve. */
  signingKeysFetchFailed(event: {
    readonly issuer: string;
    readonly message: string;
    readonly usable: boolean;
  }): void;
  /** An issuer's keys were fetched. */
  signingKeysFetched(event: { readonly issuer: string }): void;
}
