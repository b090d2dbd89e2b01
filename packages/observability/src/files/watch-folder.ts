import { watch, type FSWatcher } from "node:fs";

/** What to do when something under the path may have changed; reads it and finds out. Must not reject. */
export type Reload = () => Promise<void>;

export interface WatchOptions {
  readonly pollMs?: number;
  readonly debounceMs?: number;
  /**
   * Tells by a look what there is from what there was: `reload`, which reads all of it, is called where that has changed. Without it
   * `reload` is called each time.
   */
  print?(): string;
}

/**
 * Calls `reload` after changes in a folder, and looks every `pollMs` besides: notifications do not come over every
 * file system, and stop when the folder itself is replaced. Calls never overlap, and a burst of
 * notifications (editors write, rename and remove) is one call. Does not keep the process alive.
 */
export function watchFolder(folder: string, reload: Reload, options: WatchOptions = {}): { close(): void } {
  const { pollMs = 2_000, debounceMs = 50, print } = options;
  /** As it was before it was read last: what changes meanwhile is read once more. */
  let seen: string | null = null;
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
    seen = print?.() ?? null;
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
  const look = () => {
    if (print === undefined || print() !== seen) {
      void run();
    }
  };
  const poll = setInterval(look, pollMs).unref();
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
