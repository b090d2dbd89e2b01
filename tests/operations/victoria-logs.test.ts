import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, openLogFiles, runInContext } from "@sark/observability/logging";
import { requireServer, startVictoriaLogs } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { intoVictoriaLogs } from "../support/into-victoria-logs.ts";

const LINES = 600;

it.skipIf(requireServer("victoria-logs") === null || requireServer("curl") === null)(
  "a real VictoriaLogs takes the log files as documented, compressed ones too, and finds a request's lines by its correlation id [LOG-3]",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "sark-victoria-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const store = await startVictoriaLogs();
    onTestFinished(() => store.close());
    const files = openLogFiles({ directory, maxFileBytes: 20_000, compressAfterSeconds: 0 });
    onTestFinished(() => files.close());
    const logger = createLogger({
      service: "shop",
      environment: "test",
      version: "1",
      level: "info",
      destination: files,
    }).child({ component: "orders" });
    for (let n = 0; n < LINES; n += 1) {
      runInContext({ correlation_id: `c-${n % 200}`, user: "alice" }, () =>
        logger.info({ n, card: "4111 1111 1111 1111" }, "order paid"),
      );
    }
    await vi.waitFor(() =>
      expect(readdirSync(directory).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(3),
    );
    await files.close();

    await intoVictoriaLogs(directory, store.url);

    const found = await store.query('correlation_id:="c-42"');
    expect(found.map(({ n }) => Number(n)).toSorted((a, b) => a - b)).toEqual([42, 242, 442]);
    expect(found[0]).toMatchObject({
      _msg: "order paid",
      component: "orders",
      level: "info",
      user: "alice",
      card: "[redacted]",
    });
    expect(await store.query("* | stats count() lines")).toEqual([{ lines: String(LINES) }]);
  },
);
