import { TEST_PRODUCER } from "../testing/producer.ts";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificates } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FORMAT_NAMES } from "../audit-events/format.ts";
import { destinationSchema } from "../config.ts";
import { createDestination } from "../create-destination.ts";
import { makeEvent, makeEvents } from "../testing/events.ts";
import { PLATFORMS, receiverAddress, SINKS } from "./registry.ts";

const environment = { SECRET: "a-secret-value" };
/** Sinks that are no folder of a receiver: what a definition is made of. */
const DEFINITION = "definition";

type Definition = (typeof SINKS)[number];

function configOf({ example }: Definition, change: object = {}, sinkChange: object = {}) {
  return destinationSchema.parse({ name: "a", ...change, sink: { ...example, ...sinkChange } });
}

/** 6.7 MB, made once for all sinks and formats. */
const text = (length: number) => ({ metadata: { text: "x".repeat(length) } });
const LARGE = [makeEvent(0, text(1_300_000)), ...makeEvents(61, () => text(90_000)).slice(1)];

const temporary = mkdtempSync(join(tmpdir(), "sark-registry-"));
const certFile = join(temporary, "client.pem");
beforeAll(async () => writeFileSync(certFile, (await createCertificates()).servers.valid.cert));
afterAll(() => rmSync(temporary, { recursive: true }));

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== DEFINITION)
  .map(({ name }) => name);

describe("the registry of sinks", () => {
  it("has every folder of a receiver, and no type twice", () => {
    const expected = folders.map((name) => name.replaceAll("-", "_"));
    expect([...PLATFORMS].sort()).toEqual(expected.sort());
  });

  it.each(folders)("finds the same files in %s as in the others", (folder) => {
    const files = readdirSync(new URL(folder, import.meta.url));
    const same = ["config.ts", "definition.ts", "health.ts", "request.ts"];
    expect(files).toEqual(expect.arrayContaining([...same, `${folder}-sink.ts`, `${folder}-sink.test.ts`]));
  });
});

describe.each(SINKS.map((definition) => [definition.type, definition] as const))("%s", (type, definition) => {
  it("makes a destination of its example, with the defaults of the contract [AUD-5] [SIEM-1] [SIEM-4]", async () => {
    const destination = createDestination(configOf(definition), TEST_PRODUCER, environment);
    expect(destination).toMatchObject({
      name: "a",
      enabled: true,
      start: { from: "now" },
      sink: { platform: type },
      settings: {
        maxEvents: 100,
        maxWaitMs: 5_000,
        breaker: { failures: 5, openMs: 60_000 },
        compression: definition.compressions[0],
        maxConcurrency: 1,
      },
    });
    await destination.sink.close();
  });

  it("is asked for no compression that it does not have, and for no more at a time than it may", async () => {
    for (const compression of ["gzip", "none"] as const) {
      const config = configOf(definition, { compression, maxConcurrency: 64 });
      const { settings, sink } = createDestination(config, TEST_PRODUCER, environment);
      expect(definition.compressions).toContain(settings.compression);
      if (definition.compressions.includes(compression)) {
        expect(settings.compression).toBe(compression);
      }
      expect(settings.maxConcurrency).toBe(definition.maxConcurrency ?? 64);
      await sink.close();
    }
  });

  it("refuses settings with the error codes that it names, and knows no others", () => {
    const codes = new Set<unknown>();
    const attempt = (sinkChange: object, secrets: NodeJS.ProcessEnv) => {
      try {
        void createDestination(configOf(definition, {}, sinkChange), TEST_PRODUCER, secrets).sink.close();
      } catch (error) {
        codes.add((error as { code?: unknown }).code);
      }
    };
    attempt({}, {});
    expect(codes.has("secret_missing")).toBe(JSON.stringify(definition.example).includes("${SECRET}"));
    attempt({ tls: { caFile: "/nowhere/ca" } }, environment);
    attempt({ tls: { certFile: "/dev/null", keyFile: "/nowhere/key" } }, environment);
    attempt({ tls: { keyFile: "/nowhere/key", certFile: import.meta.filename } }, environment);
    expect(codes).toContain("file_unreadable");
    attempt({ tls: { certFile, keyFile: "/nowhere/key" } }, environment);
    expect(codes).toEqual(new Set(definition.errorCodes));
  });

  it.each(FORMAT_NAMES)("keeps its limits in format %s, and sends every event", async (format) => {
    const config = configOf(definition, { format, compression: "none" });
    const { sink } = createDestination(config, TEST_PRODUCER, environment);
    const { requestBytes, requestEvents } = definition.limits;
    const events = [...LARGE, ...makeEvents(62 + (requestEvents ?? 0)).slice(61)];
    const { requests, unsendable } = await sink.prepare(events, events.at(-1)!.time);
    for (const request of requests) {
      expect(request.contentBytes).toBeLessThanOrEqual(requestBytes ?? Infinity);
      expect(request.events.length).toBeLessThanOrEqual(requestEvents ?? Infinity);
    }
    expect(unsendable).toEqual([]);
    const seqs = requests.flatMap((request) => request.events.map(({ seq }) => seq));
    expect(seqs.join()).toBe(events.map(({ seq }) => seq).join());
    expect(requests.length).toBeGreaterThan(requestEvents === null ? 0 : 1);
    await sink.close();
  });

  it("says where its receiver is, and describes itself", () => {
    const { sink } = configOf(definition);
    const address = receiverAddress(sink);
    if (address !== null) {
      expect(address).toEqual({ host: expect.stringMatching(/\.example\.com$/), encrypted: true });
    }
    expect(new URL(definition.documentation).protocol).toBe("https:");
    const { receiver, acknowledgement, refusal, probe, timeWindow } = definition;
    for (const text of [receiver, acknowledgement, refusal, probe, timeWindow]) {
      expect(text).toMatch(/^\S.*[^.\s]$/);
    }
  });
});
