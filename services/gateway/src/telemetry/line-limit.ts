/** Lines of one source in one window; what comes beyond is counted. */
const LINES_PER_WINDOW = 20;
const WINDOW_MS = 10_000;
/** Sources watched at once; the one that was quiet longest is forgotten first. */
const MAX_SOURCES = 1_000;

interface Window {
  readonly startedAt: number;
  written: number;
  suppressed: number;
  timer: NodeJS.Timeout | null;
  report(suppressed: number): void;
}

/** Keeps one source from filling the log: what a server sends, or a caller asks, must not decide how long it gets. */
export interface LineLimit {
  /**
   * Writes the line unless its source has had its share of the window. The number of those left out is reported once,
   * when the window ends.
   */
  write(source: string, line: () => void, report: (suppressed: number) => void): void;
}

export function createLineLimit(onSuppressed: () => void): LineLimit {
  const windows = new Map<string, Window>();

  function close(source: string, window: Window): void {
    if (window.timer !== null) {
      clearTimeout(window.timer);
    }
    windows.delete(source);
    if (window.suppressed > 0) {
      window.report(window.suppressed);
    }
  }

  function windowOf(source: string, report: Window["report"]): Window {
    const current = windows.get(source);
    if (current !== undefined && performance.now() - current.startedAt < WINDOW_MS) {
      return current;
    }
    if (current !== undefined) {
      close(source, current);
    }
    const [oldest] = windows;
    if (windows.size >= MAX_SOURCES && oldest !== undefined) {
      close(...oldest);
    }
    const opened: Window = { startedAt: performance.now(), written: 0, suppressed: 0, timer: null, report };
    windows.set(source, opened);
    return opened;
  }

  return {
    write: (source, line, report) => {
      const window = windowOf(source, report);
      if (window.written < LINES_PER_WINDOW) {
        window.written += 1;
        line();
        return;
      }
      window.suppressed += 1;
      onSuppressed();
      // The flood may stop here, and with it the lines that would bring the count.
      window.timer ??= setTimeout(
        () => close(source, window),
        window.startedAt + WINDOW_MS - performance.now(),
      ).unref();
    },
  };
}
