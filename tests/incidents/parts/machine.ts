import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startExporter } from "@sark/testkit";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import { withSections, type Ground, type Part } from "./part.ts";

async function watch(ground: Ground, collectors: readonly string[], ...more: readonly string[]) {
  const exporter = await startExporter("node-exporter", {
    arguments: ["--collector.disable-defaults", ...collectors.map((name) => `--collector.${name}`), ...more],
  });
  ground.undo(() => exporter.close());
  return [{ job: "node", url: exporter.url }];
}

/** This machine, with a small disk on which the gateway keeps its data. */
export const machine: Part<SmallDisk> = {
  async start(ground) {
    const value = mountSmallDisk(ground, "gateway-disk");
    return {
      value,
      targets: await watch(ground, ["cpu", "filesystem"]),
      configure: (options) => withSections(options, { dataDirectory: join(value.path, "data") }),
    };
  },
};

/** A machine whose kernel says of its memory what it is told to. */
export const machineWithMemory: Part<{ leave(share: number): void }> = {
  async start(ground) {
    const kernel = join(ground.folder, "proc");
    mkdirSync(kernel);
    const meminfo = readFileSync("/proc/meminfo", "utf8");
    const total = Number(/^MemTotal:\s+(\d+)/m.exec(meminfo)?.[1]);
    const leave = (share: number) =>
      writeFileSync(
        join(kernel, "meminfo"),
        meminfo.replace(/^(MemAvailable:\s+)\d+/m, `$1${Math.round(total * share)}`),
      );
    leave(0.6);
    return {
      value: { leave },
      targets: await watch(ground, ["meminfo"], `--path.procfs=${kernel}`),
    };
  },
};
