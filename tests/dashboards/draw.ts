import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { DASHBOARDS } from "@sark/monitoring";
import type { Prometheus } from "@sark/testkit";
import { expect, vi } from "vitest";
import { drawTerminals } from "../pictures/draw-terminals.ts";
import { DASHBOARD_PICTURES } from "../pictures/list.ts";
import { ROOT } from "../support/programs/programs.ts";
import type { Traffic } from "./traffic.ts";

const PICTURES = join(ROOT, "docs/pictures");

/**
 * Draws each dashboard whole into a folder, and the pictures of the documentation. Grafana's own panels do it, which 660 MB of
 * packages bring: npm run render:dashboards.
 */
export async function draw(prometheus: Prometheus, traffic: Traffic, folder: string): Promise<void> {
  await vi.waitFor(async () => {
    const [samples] = await prometheus.query(`min(count_over_time(up{job="sark-gateway"}[10m]))`);
    expect(samples?.value).toBeGreaterThan(90);
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, "monitoring/rendering/src/render.js"),
      prometheus.url,
      folder,
      ...Object.keys(DASHBOARDS).map((path) => join(ROOT, path)),
    ],
    { env: { ...process.env, PICTURES, PICTURES_OF: JSON.stringify(DASHBOARD_PICTURES) } },
  );
  process.stdout.write(stdout);
  const [first] = traffic.gateways;
  if (first !== undefined) {
    await drawTerminals(first, await traffic.call(), PICTURES);
  }
  expect(stdout).not.toContain("without data");
}
