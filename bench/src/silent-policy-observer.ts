import type { startPolicy } from "@sark/gateway";

const ignore = (): void => undefined;

/** Told of everything that the policy layer does, and says nothing of it. */
export const silent: Parameters<typeof startPolicy>[1] = {
  decided: ignore,
  loaded: ignore,
  loadFailed: ignore,
  cacheHit: ignore,
  cacheMiss: ignore,
  evicted: ignore,
};
