import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "@sark/observability/files";
import { expect, it, vi } from "vitest";
import { loadConfig } from "../config/load.ts";
import { openLogs } from "@sark/service-start/logs";

it.runIf(process.platform === "linux")(
  "leaves neither its lock on the folder nor an open file behind where the log files cannot be opened",
  async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "sark-open-logs-"));
    const folder = join(dataDirectory, "logs");
    // The first log goes on with its file; where the second one would, there is a folder.
    const [first, second] = ["application", "exceptions"].map((log) =>
      join(folder, `${log}.0000000000000000.20260301T080000Z.jsonl`),
    ) as [string, string];
    mkdirSync(second, { recursive: true });
    writeFileSync(first, "{}\n");
    const { logging } = loadConfig({ environment: {} });
    const files = {
      maxFileSize: 1_000,
      maxFileAge: 1_000,
      maxTotalSize: 10_000,
      compressAfter: 0,
      directory: folder,
    };

    await expect(openLogs({ ...logging, files }, { dataDirectory, environment: {} })).rejects.toThrow(
      "EISDIR",
    );

    // Files are closed when their lines are on the disk.
    await vi.waitFor(() => expect(openFiles(folder)).toEqual([]), { timeout: 20_000, interval: 5 });
    const release = lockFolder(folder);
    expect(release).not.toBeNull();
    release?.();
    rmSync(dataDirectory, { recursive: true });
  },
);

/** Of the folder, by this process. */
function openFiles(folder: string): string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return "closed meanwhile";
      }
    })
    .filter((path) => path.startsWith(folder));
}
