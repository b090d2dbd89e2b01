// npm run containers [-- --keep]
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requireServer } from "@sark/testkit";
import { makeBusyboxImage } from "./base-images.ts";
import { checkComposition } from "./check-composition.ts";
import { checkPods } from "./check-pods.ts";
import { createEngine, type Engine } from "./engine.ts";
import { buildImages, startComposition } from "./start-composition.ts";

const { values } = parseArgs({
  options: { keep: { type: "boolean" } },
});
/** What this is done with; the images are made of some of them. */
const NEEDED = [
  "podman",
  "runc",
  "busybox",
  "iptables",
  "redis-server",
  "compose-config",
  "kustomize",
] as const;
const missing = NEEDED.filter((name) => requireServer(name) === null);
if (missing.length > 0) {
  console.error(`Not installed: ${missing.join(", ")}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "sark-containers-"));
const engine = createEngine(join(folder, "engine"));
try {
  const reason = await whyNot(engine);
  if (reason === null) {
    await buildImages(engine, folder, say);
    const running = await startComposition(engine, folder);
    say(`up: gateway ${running.gatewayUrl}, metrics service ${running.metricsServiceUrl}, both healthy`);
    await checkComposition(engine, running, say);
    await checkPods(engine, running, folder, say);
    if (values.keep === true) {
      say("Ctrl-C ends everything.");
      await once(process, "SIGINT");
    }
  } else {
    say(`This machine cannot run containers: ${reason}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

/** Tried with a trivial container on a network of its own, which has nothing of ours. */
async function whyNot(engine: Engine): Promise<string | null> {
  try {
    await makeBusyboxImage(engine, folder, "probe");
    await engine.run(["network", "create", "--internal", "probe"]);
    await engine.run([
      "run",
      "--rm",
      "--init",
      "--network=probe",
      "--cap-drop=ALL",
      "--read-only",
      "probe",
      "true",
    ]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function say(line: string): void {
  console.log(line);
}
