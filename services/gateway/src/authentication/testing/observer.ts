import type { AuthenticationObserver } from "@sark/authentication";

/** For tests of something else. */
export const IGNORE: AuthenticationObserver = {
  apiKeysLoaded: () => {},
  apiKeysLoadFailed: () => {},
  apiKeyUsageNotWritten: () => {},
  signingKeyFileChanged: () => {},
  signingKeysFetchFailed: () => {},
};
