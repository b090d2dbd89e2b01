import { afterAll } from "vitest";
import { takeDriveNotes, type DriveNote } from "@sark/testkit/metric-drives";

declare module "vitest" {
  interface TaskMeta {
    metricDrives?: readonly DriveNote[];
  }
}

// Ends after all that the file itself ends.
// oxlint-disable-next-line no-empty-pattern -- vitest reads from it that no fixture is asked for
afterAll(({}, suite) => {
  const notes = takeDriveNotes();
  if (notes.length > 0) {
    suite.meta.metricDrives = notes;
  }
});
