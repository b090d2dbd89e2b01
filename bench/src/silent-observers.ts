import type { startAuthentication, startPolicy } from "@sark/gateway";

const ignore = (): void => undefined;

/** Told of everything that the policy layer does, and says nothing of it. */
export const silentPolicy: Parameters<typeof startPolicy>[1] = {
  asked: ignore,
  decided: ignore,
  loaded: ignore,
  loadFailed: ignore,
  cacheOpened: ignore,
  cacheHit: ignore,
  tokenFileChanged: ignore,
  cacheMiss: ignore,
  evicted: ignore,
};

export const silentAuthentication: Parameters<typeof startAuthentication>[2] = {
  apiKeysLoaded: ignore,
  apiKeysLoadFailed: ignore,
  apiKeyUsageNotWritten: ignore,
  signingKeysFetchFailed: ignore,
  signingKeysFetched: ignore,
  signingKeyFileChanged: ignore,
};
