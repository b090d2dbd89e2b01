/**
 * Tells the server to end when this process does, however it comes to that, a forced end and a fault included: the
 * server is detached, and would go on. It ends by itself then, cleanly; nothing waits for it any more. `kill -9` alone
 * leaves it running. Returns what takes that back.
 */
export function endWithUs(tellToEnd: () => void): () => void {
  const onExit = (): void => {
    try {
      tellToEnd();
    } catch {
      // It has ended.
    }
  };
  process.once("exit", onExit);
  return () => void process.off("exit", onExit);
}
