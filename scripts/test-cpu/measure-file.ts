import { afterAll } from "vitest";
import { processorTime } from "./processor-time.ts";

/** In seconds: of the worker while it was at a test file, and of the processes that the file started and that have ended. */
export interface FileTime {
  readonly own: number;
  readonly children: number;
}

declare module "vitest" {
  interface TaskMeta {
    processorTime?: FileTime;
  }
}

// Comes before each file is loaded, and ends after all that the file itself ends.
const before = processorTime();
// oxlint-disable-next-line no-empty-pattern -- vitest reads from it that no fixture is asked for
afterAll(({}, suite) => {
  const after = processorTime();
  suite.meta.processorTime = { own: after.own - before.own, children: after.children - before.children };
});
