import { watch, type FSWatcher } from "node:fs";

/** What to do when something under the path may have changed; reads it and finds out. Must not reject. */
export type Reload = () => Promise<void>;

/**
 * Calls `reload` after changes in a folder, and every `pollMs` besides: notifications do not come over every
 * file system, and stop when the folder itself is replaced. Calls never overlap, and a burst of
 * notifications (editors write, rename and remove) is one call. Does not keep the process alive.
 */
export function watchFolder(
  folder: string,
  reload: Reload,
  options: { readonly pollMs?: number; readonly debounceMs?: number } = {},
): { close(): void } {
  const { pollMs = 2_000, debounceMs = 50 } = options;
  let running = false;
  let again = false;
  let closed = false;

  const run = async (): Promise<void> => {
    if (closed) {
      return;
    }
    if (running) {
      again = true;
      return;
    }
    running = true;
    await reload();
    running = false;
    if (!again) {
      return;
    }
    again = false;
    await run();
  };

  let debounce: NodeJS.Timeout | undefined;
  const notified = () => {
    clearTimeout(debounce);
    debounce = setTimeout(() => void run(), debounceMs).unref();
  };
  const poll = setInterval(() => void run(), pollMs).unref();
  const watcher = tryWatch(folder, notified);

  return {
    close() {
      closed = true;
      clearTimeout(debounce);
      clearInterval(poll);
      watcher?.close();
    },
  };
}

/** Without notifications (the folder is missing, no watches are left) the poll alone has to do. */
function tryWatch(folder: string, notified: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, notified);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
