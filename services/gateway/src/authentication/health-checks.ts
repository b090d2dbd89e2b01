import type { HealthCheck } from "@sark/observability/health";
import type { ApiKeyStore } from "./api-keys/api-key-store.ts";
import type { AuthenticationObserver } from "./contract/observer.ts";

/** What is known of the keys of issuers, by what happens to them. */
export interface SigningKeys {
  readonly observer: AuthenticationObserver;
  /** Issuers whose keys could not be fetched when that was tried last, and why; `usable`: those from before still serve. */
  problems(): readonly { readonly issuer: string; readonly message: string; readonly usable: boolean }[];
}

/** Passes all on to `next`. One entry for each configured issuer at most. */
export function watchSigningKeys(next: AuthenticationObserver): SigningKeys {
  const failing = new Map<string, { readonly message: string; readonly usable: boolean }>();
  return {
    observer: {
      ...next,
      signingKeysFetchFailed(event) {
        failing.set(event.issuer, event);
        next.signingKeysFetchFailed(event);
      },
      signingKeysFetched(event) {
        failing.delete(event.issuer);
        next.signingKeysFetched(event);
      },
    },
    problems: () => [...failing].map(([issuer, { message, usable }]) => ({ issuer, message, usable })),
  };
}

/** Degraded while callers are recognised by older keys, down while those of an issuer are missing. Other credentials go on. */
export function authenticationCheck(
  apiKeys: Pick<ApiKeyStore, "loadError">,
  signingKeys: Pick<SigningKeys, "problems">,
): HealthCheck {
  return {
    name: "authentication",
    component: "authentication",
    required: false,
    intervalMs: 5_000,
    async check() {
      const loadError = apiKeys.loadError();
      const issuers = signingKeys.problems();
      const said = [
        ...(loadError === null ? [] : [`older API keys are in force: ${loadError}`]),
        ...issuers.map(({ message, usable }) => (usable ? `${message}; older ones are in force` : message)),
      ];
      if (issuers.some(({ usable }) => !usable)) {
        throw new Error(said.join("; "));
      }
      return said.length === 0 ? {} : { degraded: true, message: said.join("; ") };
    },
  };
}
