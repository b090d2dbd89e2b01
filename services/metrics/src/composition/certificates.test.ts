import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchConfigured } from "@sark/certificates";
import { createAuthority, requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";
import { certificateJob } from "./certificates.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const DAY_MS = 86_400_000;

describe.skipIf(requireServer("openssl") === null)("a metrics service whose certificates end", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-metrics-certificates-"));
  const caFile = join(folder, "receiver-ca.pem");
  const cleanups: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  let service: ServiceUnderTest;
  let peer = "";
  beforeAll(async () => {
    const authority = createAuthority(folder, "receivers");
    copyFileSync(authority.certFile, caFile);
    // Of three days, six hours are left.
    const issued = authority.issue("siem", {
      hours: 6,
      begins: -66,
      extensions: ["subjectAltName = IP:127.0.0.1"],
    });
    const receiver = createServer(
      { cert: readFileSync(issued.certFile), key: readFileSync(issued.keyFile) },
      (request, reply) => {
        request.resume().on("end", () => reply.end(JSON.stringify({ text: "Success", code: 0 })));
      },
    ).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    cleanups.push(() => {
      receiver.close();
      receiver.closeAllConnections();
    });
    peer = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    service = await startService(inject("postgresUrl"), { SIEM_TOKEN: "token" }, undefined, {
      destinations: [
        {
          name: "siem",
          sink: { type: "splunk_hec", url: `https://${peer}`, token: "${SIEM_TOKEN}", tls: { caFile } },
        },
      ],
    });
    cleanups.push(() => service.close());
    await service.tenant("acme");
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) {
      await cleanup();
    }
  });

  it("says in health and metrics which one, by setting and by peer [ALR-5] [SVC-4]", async () => {
    await vi.waitFor(async () => {
      const { body } = await service.send(service.platformKey, "GET", "/health/detailed");
      const { components } = body as { components: { name: string; message: string | null }[] };
      expect(components.find(({ name }) => name === "certificates")).toMatchObject({
        status: "degraded",
        message: expect.stringContaining(`${peer} ends at 20`),
      });
    }, WAIT);
    const { body } = await service.send(service.platformKey, "GET", "/metrics");
    const hours = (certificate: string, role: string) => {
      const series = `^metrics_certificate_remaining_seconds\\{certificate="${certificate}",role="${role}"\\} (-?\\d+)$`;
      return Number(new RegExp(series, "m").exec(String(body))?.[1]) / 3_600;
    };
    expect(hours(peer, "peer")).toBeCloseTo(6, 0);
    expect(hours("destinations.siem.sink.tls.caFile", "authority")).toBeGreaterThan(6);
  });

  it("has a job that looks at peers again, and tells of those that end, the ended ones first [SVC-1]", async () => {
    const told: { readonly count: number; readonly described: string }[] = [];
    const ended = createAuthority(join(folder), "old").issue("own", { hours: -1, begins: -72 });
    const looked: string[] = [];
    const watched = watchConfigured(
      { a: { tls: { caFile } }, b: { tls: { certFile: ended.certFile } } },
      [],
      {},
    );
    const soon = {
      name: "peer.example.com:443",
      role: "peer" as const,
      periods: [{ from: 0, to: Date.now() + DAY_MS }],
    };
    const job = certificateJob(
      { list: () => [...watched.list(), soon], lookAgain: async (name) => void looked.push(name) },
      14 * DAY_MS,
      (ending) => void told.push(ending),
    );
    await job.run({ tenant: null, signal: new AbortController().signal });
    watched.close();
    expect(looked).toEqual(["peer.example.com:443"]);
    expect(told).toEqual([
      {
        count: 2,
        described: expect.stringMatching(
          /^renew certificates: b\.tls\.certFile ended at 20.*; peer\.example\.com:443 ends at 20/,
        ),
      },
    ]);
  });

  it("says nothing where all are good", async () => {
    const told: unknown[] = [];
    const job = certificateJob(
      { list: () => [], lookAgain: async () => undefined },
      DAY_MS,
      (ending) => void told.push(ending),
    );
    await job.run({ tenant: null, signal: new AbortController().signal });
    expect(told).toEqual([]);
  });
});
