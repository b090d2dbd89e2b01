import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { requireServer } from "@sark/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import {
  COMPOSITION_FOLDER,
  COMPOSITION_TEXT,
  compositionEnvironment,
  readComposition,
  type Composition,
} from "../support/composition.ts";

const FILLED = {
  POSTGRES_PASSWORD: "p".repeat(24),
  REDIS_PASSWORD: "r".repeat(24),
  GRAFANA_ADMIN_PASSWORD: "g".repeat(24),
};

describe.skipIf(requireServer("compose-config") === null)("the composition [DEP-1]", () => {
  let composition: Composition;
  beforeAll(() => {
    composition = readComposition({ ...compositionEnvironment(".env.example"), ...FILLED });
  });

  it("has the services, what they need, and all that watches them", () => {
    expect(Object.keys(composition.services)).toEqual(
      expect.arrayContaining([
        "gateway",
        "metrics-service",
        "postgres",
        "redis",
        "opa",
        "prometheus",
        "alertmanager",
        "grafana",
        "loki",
        "alloy",
        "tempo",
        "postgres-exporter",
        "redis-exporter",
        "node-exporter",
        "blackbox-exporter",
      ]),
    );
  });

  it("does not start without passwords, and has none of its own", () => {
    expect(() => readComposition(compositionEnvironment(".env.example"))).toThrow(
      "POSTGRES_PASSWORD: set it in .env",
    );
    for (const name of Object.keys(FILLED)) {
      expect(() => readComposition({ ...FILLED, [name]: "" })).toThrow(`${name}: set it in .env`);
    }
  });

  it("refuses a password that is short, or that an address of a database cannot have", () => {
    const prepare = (password: string) =>
      spawnSync("sh", [join(COMPOSITION_FOLDER, "prepare.sh")], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], ...FILLED, POSTGRES_PASSWORD: password },
      });
    expect(prepare("short").stderr).toContain("shorter than 16 characters");
    expect(prepare(`${"a".repeat(20)}@db`).stderr).toContain("characters that an address");
    expect(prepare("short").status).toBe(1);
  });

  it("opens ports on loopback alone", () => {
    const ports = Object.values(composition.services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThanOrEqual(5);
    expect(new Set(ports.map((port) => port.host_ip))).toEqual(new Set(["127.0.0.1"]));
  });

  it("runs what it can with a read-only file system, and nothing with privileges", () => {
    for (const [name, service] of Object.entries(composition.services)) {
      expect(service.privileged ?? false).toBe(false);
      expect(service.security_opt).toContain("no-new-privileges:true");
      // PostgreSQL's image begins as root, and prepares its folders.
      if (name !== "postgres") {
        expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ["ALL"]]);
      }
    }
  });

  it("mounts files that are there", () => {
    const mounted = Object.values(composition.services)
      .flatMap((service) => service.volumes ?? [])
      .filter(({ type, source }) => type === "bind" && source !== "/");
    expect(mounted.length).toBeGreaterThan(10);
    expect(mounted.filter(({ source }) => !existsSync(source))).toEqual([]);
  });

  it("keeps databases and stores on networks that lead nowhere else", () => {
    for (const name of ["postgres", "redis", "loki", "tempo"]) {
      const networks = Object.keys(composition.services[name]?.networks ?? {});
      expect(networks.map((network) => composition.networks[network]?.internal)).toEqual(
        networks.map(() => true),
      );
    }
  });

  it("has every image at a version, none at latest", () => {
    for (const [, image = ""] of COMPOSITION_TEXT.matchAll(/image: (\S+)/g)) {
      expect(image).toMatch(/:-v?\d+\.\d+(\.\d+)?\}$|:\d|:-[\w./-]+:v?\d+\.\d+/);
      expect(image).not.toContain("latest");
    }
  });

  it("gives PostgreSQL's password and Grafana's by a file", () => {
    const withPasswords = Object.entries(composition.services).filter(([, service]) =>
      Object.values(service.environment ?? {}).some((value) => Object.values(FILLED).includes(value)),
    );
    expect(withPasswords.map(([name]) => name).toSorted()).toEqual(["prepare", "redis-exporter"]);
  });
});
