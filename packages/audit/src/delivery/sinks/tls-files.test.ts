import { TEST_PRODUCER } from "../testing/producer.ts";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type Server, type TLSSocket } from "node:tls";
import { createCertificates, type TestCertificates } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { destinationSchema, type DestinationInput } from "../config.ts";
import { createDestination } from "../create-destination.ts";
import type { DeliveryResult, Sink } from "../domain/sink.ts";
import { makeEvents } from "../testing/events.ts";
import { prepareOne, sendOnce, settled } from "../testing/sinks.ts";

const WAIT = { timeout: 20_000, interval: 5 };
const secret = "${S}";

let first: TestCertificates;
let second: TestCertificates;
beforeAll(async () => {
  [first, second] = await Promise.all([createCertificates("First"), createCertificates("Second")]);
});

const folder = mkdtempSync(join(tmpdir(), "sark-tls-files-"));
const tls = {
  caFile: join(folder, "ca.pem"),
  certFile: join(folder, "client.pem"),
  keyFile: join(folder, "client.key"),
};
afterAll(() => rmSync(folder, { recursive: true }));

function showClient({ servers }: TestCertificates): void {
  writeFileSync(tls.certFile, servers.valid.cert);
  writeFileSync(tls.keyFile, servers.valid.key);
}

type Sinks = Record<DestinationInput["sink"]["type"], (port: number) => DestinationInput["sink"]>;
const SINKS: Sinks = {
  splunk_hec: (port) => ({ type: "splunk_hec", url: `https://127.0.0.1:${port}`, token: secret, tls }),
  datadog: (port) => ({ type: "datadog", url: `https://127.0.0.1:${port}`, apiKey: secret, tls }),
  otlp: (port) => ({ type: "otlp", url: `https://127.0.0.1:${port}`, tls }),
  webhook: (port) => ({ type: "webhook", url: `https://127.0.0.1:${port}`, secret, tls }),
  cloudwatch: (port) => ({
    type: "cloudwatch",
    region: "eu-central-1",
    endpoint: `https://127.0.0.1:${port}`,
    logGroup: "sark",
    credentials: { accessKeyId: secret, secretAccessKey: secret },
    tls,
  }),
  syslog: (port) => ({ type: "syslog", host: "127.0.0.1", port, confirmInterval: "100ms", tls }),
};

/** Only syslog's connections are confirmed by their end. */
const LASTING: Readonly<Record<keyof Sinks, readonly string[]>> = {
  splunk_hec: [],
  datadog: [],
  otlp: [],
  webhook: [],
  cloudwatch: [],
  syslog: ["1m"],
};

/** A receiver of any kind that wants a client certificate of either authority. */
interface Receiver {
  readonly port: number;
  /** Fingerprints of what clients showed, one for each request, or connection of syslog. */
  readonly shown: string[];
  /** While it holds, responses wait. */
  hold(): void;
  release(): void;
  close(): void;
}

async function startReceiver(isSyslog: boolean): Promise<Receiver> {
  const shown: string[] = [];
  const sockets = new Set<TLSSocket>();
  const held: (() => void)[] = [];
  let holds = false;
  const options = {
    ...first.servers.valid,
    ca: [first.authority, second.authority],
    requestCert: true,
  };
  const show = (socket: TLSSocket) => shown.push(socket.getPeerX509Certificate()?.fingerprint256 ?? "none");
  function respond(path: string, response: ServerResponse): void {
    const give = () => {
      const body = path.startsWith("/services/") ? { text: "Success", code: 0 } : {};
      response.writeHead(path === "/api/v2/logs" ? 202 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (holds) {
      held.push(give);
    } else {
      give();
    }
  }
  const server: Server = isSyslog
    ? createTlsServer(options, (socket) => {
        show(socket);
        socket.resume();
      })
    : createHttpsServer(options, (request, response) => {
        show(request.socket as TLSSocket);
        request.resume().once("end", () => respond(request.url ?? "", response));
      });
  server.on("secureConnection", (socket) => sockets.add(socket.on("error", () => undefined)));
  server.on("tlsClientError", () => undefined);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    shown,
    hold: () => void (holds = true),
    release() {
      holds = false;
      for (const give of held.splice(0)) {
        give();
      }
    },
    close() {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
    },
  };
}

const fingerprint = ({ servers }: TestCertificates): string =>
  new X509Certificate(servers.valid.cert).fingerprint256;

describe.each(Object.keys(SINKS) as (keyof Sinks)[])("%s reads TLS files again when they change", (type) => {
  const success = type === "syslog" ? "sent" : "delivered";
  let receiver: Receiver;
  let notices: (string | null)[];
  let sink: Sink;
  beforeEach(async () => {
    notices = [];
    writeFileSync(tls.caFile, first.authority);
    showClient(first);
    receiver = await startReceiver(type === "syslog");
  });
  afterEach(async () => {
    receiver.close();
    await sink.close();
  });

  function connect(settings = SINKS[type](receiver.port)): void {
    const config = destinationSchema.parse({ name: "a", sink: settings });
    const observer = {
      tlsFilesChanged: (_name: string, problem: string | null) => void notices.push(problem),
    };
    ({ sink } = createDestination(config, TEST_PRODUCER, { S: "a-secret-value" }, observer));
  }
  const send = async (): Promise<DeliveryResult> => settled(await sendOnce(sink, makeEvents(1)));
  const delivered = async (): Promise<void> => expect(await send()).toMatchObject({ kind: success });

  it("a mended authority is in use at once [SIEM-5]", async () => {
    writeFileSync(tls.caFile, second.authority);
    connect();
    for (const _again of [1, 2]) {
      expect(await send()).toMatchObject({ kind: "configuration" });
    }
    await expect(sink.check(new AbortController().signal)).rejects.toThrow();
    writeFileSync(tls.caFile, `${second.authority}\n${first.authority}`);
    await delivered();
    await sink.check(new AbortController().signal);
    expect(notices).toEqual([null]);
  });

  it("a rotated client certificate is shown from the next request on, and what is under way ends [SIEM-5]", async () => {
    connect();
    await delivered();
    receiver.hold();
    const underWay = sink.send(await prepareOne(sink, makeEvents(1)), new AbortController().signal);
    await vi.waitUntil(() => receiver.shown.length === 2, WAIT);
    showClient(second);
    const next = sink.send(await prepareOne(sink, makeEvents(1)), new AbortController().signal);
    await vi.waitUntil(() => receiver.shown.length === 3, WAIT);
    receiver.release();
    for (const result of [await underWay, await next]) {
      expect(await settled(result)).toMatchObject({ kind: success });
    }
    await delivered();
    const [old, rotated] = [fingerprint(first), fingerprint(second)];
    expect(receiver.shown).toEqual([old, old, rotated, rotated]);
    expect(notices.at(-1)).toBe(null);
  });

  it("files that are half written, or half of a pair, leave the former ones in use, which is said [SIEM-5]", async () => {
    connect();
    const { cert, key } = second.servers.valid;
    writeFileSync(tls.certFile, cert.slice(0, 300));
    await delivered();
    writeFileSync(tls.certFile, cert);
    await delivered();
    writeFileSync(tls.caFile, "");
    await delivered();
    expect(new Set(receiver.shown)).toEqual(new Set([fingerprint(first)]));
    expect(notices).toEqual([
      `The file ${tls.certFile} holds no certificate, or not the whole of one.`,
      `The files ${tls.certFile} and ${tls.keyFile} are no certificate and its private key.`,
      `The file ${tls.caFile} holds no certificate, or not the whole of one.`,
    ]);
    writeFileSync(tls.caFile, first.authority);
    writeFileSync(tls.keyFile, key);
    await delivered();
    expect(receiver.shown.at(-1)).toBe(fingerprint(second));
    expect(notices.at(-1)).toBe(null);
  });

  it.each(LASTING[type])(
    "a connection that is open for %s more is ended, and confirmed, before the next one",
    async (confirmInterval) => {
      connect({ ...SINKS[type](receiver.port), confirmInterval } as DestinationInput["sink"]);
      const before = await sendOnce(sink, makeEvents(1));
      showClient(second);
      expect((await sendOnce(sink, makeEvents(1))).kind).toBe("awaiting");
      expect(await settled(before)).toEqual({ kind: "sent" });
      await vi.waitFor(() => expect(receiver.shown).toEqual([first, second].map(fingerprint)), WAIT);
    },
  );

  it("files that cannot be used from the start are named", () => {
    writeFileSync(tls.caFile, "not a certificate");
    expect(() => connect()).toThrow(`The file ${tls.caFile} holds no certificate`);
    writeFileSync(tls.caFile, first.authority);
    connect();
  });
});
