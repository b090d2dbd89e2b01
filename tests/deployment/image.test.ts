import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startMcpServer, startPostgres, UNFLUSHED } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { IMAGES, workspacesOf } from "@sark/deployment/images";
import { send, toolCall } from "../support/requests.ts";
import { UNHURRIED_ENVIRONMENT } from "../support/unhurried.ts";

const root = join(import.meta.dirname, "../..");
const dockerfile = readFileSync(join(root, "deployment/images/Dockerfile"), "utf8");
/** Who runs a process where the tests run as root: neither owns the image's files nor may write to them. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of undo.splice(0).toReversed()) {
    await step();
  }
});

/** The steps of the Dockerfile, in a plain folder. */
describe("the image of the gateway, without an engine [DEP-1]", () => {
  let folder: string;
  let app: string;
  let writable: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sark-image-"));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    app = join(folder, "app");
    writable = join(folder, "var");
    execFileSync(process.execPath, [join(root, "deployment/images/assemble.ts"), "gateway", app]);
    mkdirSync(writable);
    if (UNPRIVILEGED.uid !== undefined) {
      chownSync(writable, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    }
    spawnSync("chmod", ["-R", "a-w", app]);
    undo.push(() => spawnSync("chmod", ["-R", "u+w", app]));
  });

  it("has what runs, and neither tests nor what only they need", () => {
    expect(existsSync(join(app, "packages/testkit"))).toBe(false);
    expect(existsSync(join(app, "node_modules/vitest"))).toBe(false);
    const tests = readdirSync(app, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".test.ts") && !file.startsWith("node_modules"),
    );
    expect(tests).toEqual([]);
  });

  it("has a bill of materials with every package that is there", () => {
    const { bomFormat, components } = JSON.parse(readFileSync(join(app, "sbom.cdx.json"), "utf8")) as {
      readonly bomFormat: string;
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    const named = new Set(components.map(({ name, version }) => `${name.replace(/^.*\//, "")}@${version}`));
    for (const name of ["fastify", "pg", "pino", "zod"]) {
      const file = join(app, "node_modules", name, "package.json");
      const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
      expect(named).toContain(`${name}@${version}`);
    }
  });

  it("says without a database that one has to be named, with the exit code of wrong settings", () => {
    const started = spawnSync(process.execPath, [join(app, "services/gateway/src/main.ts")], {
      ...UNPRIVILEGED,
      cwd: app,
      env: { SARK_DATA_DIRECTORY: join(writable, "without"), SARK_HTTP_PORT: "0" },
      encoding: "utf8",
    });
    expect(started.status).toBe(2);
    expect(started.stderr).toMatch(
      /^There is no embedded PostgreSQL here .*: set DATABASE_URL, or database\.url\.\n$/,
    );
  });

  it("runs as a user that can write nowhere but to its volume: healthy, a governed call, an orderly end", async () => {
    const postgres = await startPostgres({ settings: UNFLUSHED });
    undo.push(() => postgres.stop());
    const tools = await startMcpServer();
    undo.push(() => tools.close());
    const config = join(folder, "sark.json");
    const upstreams = [{ name: "tools", transport: "http", url: tools.url }];
    writeFileSync(config, JSON.stringify({ upstreams }));
    const gateway = spawn(process.execPath, [join(app, "services/gateway/src/main.ts"), "--config", config], {
      ...UNPRIVILEGED,
      cwd: app,
      env: {
        ...UNHURRIED_ENVIRONMENT,
        SARK_HTTP_PORT: "0",
        SARK_DATA_DIRECTORY: join(writable, "sark"),
        DATABASE_URL: await postgres.createDatabase(),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    undo.push(() => gateway.kill("SIGKILL"));
    const ended = once(gateway, "close");
    let said = "";
    gateway.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    gateway.stdout.resume();
    const url = await vi.waitFor(() => {
      expect(said).toContain("Ctrl-C ends everything.");
      return /^SARK gateway: (\S+)$/m.exec(said)?.[1] ?? "";
    });

    const check = spawnSync(process.execPath, [join(app, "healthy.mjs")], {
      ...UNPRIVILEGED,
      env: { HEALTHCHECK_URL: `${url}/health/ready` },
      encoding: "utf8",
    });
    expect(check).toMatchObject({ status: 0, stderr: "" });

    const key = readFileSync(join(writable, "sark/admin.key"), "utf8").trim();
    const call = toolCall("tools", "echo", { text: "from an image" }, { authorization: `Bearer ${key}` });
    const response = await send(url, call);
    expect(response.status).toBe(200);
    expect(response.text).toContain("from an image");

    const denied = spawnSync("touch", [join(app, "intruder")], UNPRIVILEGED);
    if (UNPRIVILEGED.uid !== undefined) {
      expect(denied.status).not.toBe(0);
    }
    gateway.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    const unhealthy = spawnSync(process.execPath, [join(app, "healthy.mjs")], {
      env: { HEALTHCHECK_URL: `${url}/health/ready` },
      encoding: "utf8",
    });
    expect(unhealthy).toMatchObject({ status: 1 });
    expect(unhealthy.stderr).toContain("ECONNREFUSED");
  });
});

describe("the image of the tools, without an engine [DEP-1]", () => {
  it("has one bundle, which runs as a user that can write nowhere, and what it is made of", () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-image-"));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const app = join(folder, "app");
    execFileSync(process.execPath, [join(root, "deployment/images/assemble.ts"), "tools", app]);
    expect(readdirSync(folder)).toEqual(["app"]);
    expect(readdirSync(app).toSorted()).toEqual([
      "LICENSE",
      "bundle",
      "policies",
      "run-tool.sh",
      "sbom.cdx.json",
    ]);
    const { components } = JSON.parse(readFileSync(join(app, "sbom.cdx.json"), "utf8")) as {
      readonly components: readonly { readonly name: string; readonly hashes?: readonly unknown[] }[];
    };
    expect(components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["@stricli/core", "pg", "zod"]),
    );
    expect(components.filter(({ hashes }) => hashes?.length !== 1)).toEqual([]);
    spawnSync("chmod", ["-R", "a-w", app]);
    undo.push(() => spawnSync("chmod", ["-R", "u+w", app]));
    const run = (...args: string[]) =>
      spawnSync(join(app, "run-tool.sh"), args, {
        ...UNPRIVILEGED,
        cwd: "/",
        env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
        encoding: "utf8",
      });
    for (const tool of ["analyze-logs", "audit", "gateway-admin", "health-check", "query-metrics"]) {
      expect(run(tool, "--version")).toMatchObject({ status: 0, stdout: `${tool} 0.1.0\n`, stderr: "" });
    }
    for (const wrong of [[], ["tools"], ["../etc/passwd"], ["no-tool"]]) {
      expect(run(...wrong)).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining("Usage: gateway-admin") as unknown,
      });
    }
    const policies = run("gateway-admin", "policies", "validate", join(app, "policies"));
    expect(policies.stderr).toContain("There is no API key in");
    expect(existsSync(join(app, "bundle/.compiled"))).toBe(UNPRIVILEGED.uid === undefined);
  });
});

/** The instructions of a Dockerfile that no image of ours may have. */
function rulesBrokenBy(text: string): string[] {
  const stages = new Set([...text.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name ?? ""));
  const instructions = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  return instructions.filter((line) => {
    const [name = "", rest = ""] = line.split(/\s+(.*)/s);
    switch (name) {
      case "FROM":
        return !stages.has(rest.split(" ")[0] ?? "") && !rest.startsWith("${NODE_IMAGE} ");
      case "COPY":
        return !/^--from=\S+ \/app \/app$/.test(rest) && rest !== ". .";
      case "RUN":
        return /(?:^|[;|&]) *(?:curl|wget|apt-get|apk|sudo|npx) /.test(rest);
      case "ARG":
      case "ENV":
        return /(?:PASSWORD|SECRET|TOKEN|(?:API|PRIVATE)_KEY)/i.test(rest);
      case "ENTRYPOINT":
      case "CMD":
        return !/^\[".+"\]$/.test(rest);
      case "USER":
        return !/^[1-9]\d*:[1-9]\d*$/.test(rest);
      default:
        return !["WORKDIR", "STOPSIGNAL", "LABEL", "VOLUME", "EXPOSE", "HEALTHCHECK"].includes(name);
    }
  });
}

describe("the Dockerfile [DEP-1]", () => {
  it("builds every image by the same program as the test, and no other", () => {
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
    expect(stages).toEqual(expect.arrayContaining(Object.keys(IMAGES)));
    for (const name of Object.keys(IMAGES)) {
      expect(dockerfile).toContain(`RUN node deployment/images/assemble.ts ${name} /app`);
    }
  });

  it("runs each of them as a user that is not root, with a health check where there is a service", () => {
    const images = dockerfile.split(/^(?=FROM )/m).filter((stage) => /^ENTRYPOINT/m.test(stage));
    expect(images).toHaveLength(Object.keys(IMAGES).length);
    for (const image of images) {
      expect(image).toMatch(/^USER 1000:1000$/m);
      expect(/^EXPOSE/m.test(image)).toBe(/^HEALTHCHECK .*\\?\n?.*healthy\.mjs/m.test(image));
      expect(image).toContain("org.opencontainers.image.title");
    }
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-slim$/m);
  });

  it("takes nothing from the network but packages, nothing from unnamed versions, and holds no secret", () => {
    expect(rulesBrokenBy(dockerfile)).toEqual([]);
    for (const [line, rule] of [
      ["FROM node:latest AS other", "FROM"],
      ["ADD https://example.com/tool /usr/bin/tool", "ADD"],
      ["RUN curl -s https://example.com | sh", "RUN"],
      ["RUN apt-get install -y curl", "RUN"],
      ["ENV API_TOKEN=abc", "ENV"],
      ["ARG NPM_PASSWORD", "ARG"],
      ["ENTRYPOINT node main.ts", "ENTRYPOINT"],
      ["CMD node main.ts", "CMD"],
      ["USER root", "USER"],
      ["MAINTAINER someone", "MAINTAINER"],
    ] as const) {
      expect(rulesBrokenBy(`${dockerfile}\n${line}\n`)).toEqual([expect.stringMatching(`^${rule} `)]);
    }
  });

  it("has no workspace that only tests need", () => {
    for (const { workspace } of Object.values(IMAGES)) {
      const needed = workspacesOf(root, workspace);
      expect(needed).toContain(workspace);
      expect(needed).not.toContain("packages/testkit");
    }
  });
});
