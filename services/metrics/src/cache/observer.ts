/** What happens to what is kept of earlier readings. Implementations must not throw. */
export interface CacheObserver {
  /** `local`: this process had it; `shared`: another one had put it into Redis. */
  hit(level: "local" | "shared"): void;
  missed(): void;
  invalidated(): void;
  /** Redis could not be asked. */
  sharedFailed(): void;
}
