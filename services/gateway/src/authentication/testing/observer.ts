import type { AuthenticationObserver } from "../contract/observer.ts";

/** For tests of something else. */
export const IGNORE: AuthenticationObserver = {
  apiKeysLoaded: () => {},
  apiKeysLoadFailed: () => {},
  apiKeyUsageNotWritten: () => {},
  signingKeyFileChanged: () => {},
  signingKeysFetchFailed: () => {},
  signingKeysFetched: () => {},
};
