import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "@sark/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { startWebhookReceiver, type WebhookReceiver } from "../testing/receiver.ts";
import { createAddressRules } from "./address-rules.ts";
import { createSending } from "./send-message.ts";
import { targetProblem } from "./target-url.ts";

const NEVER = new AbortController().signal;
const LOOPBACK = ["127.0.0.0/8"];
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) {
    await close();
  }
});

async function receiver(): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver();
  closing.push(() => started.close());
  return started;
}

function sending(options: {
  readonly exceptions?: readonly string[];
  readonly addresses?: readonly string[];
  readonly timeoutMs?: number;
  readonly ca?: string;
}) {
  const asked: string[] = [];
  const send = createSending({
    rules: { addresses: createAddressRules(options.exceptions ?? LOOPBACK), allowHttp: true },
    resolve: async (name) => {
      asked.push(name);
      return options.addresses ?? ["127.0.0.1"];
    },
    timeoutMs: options.timeoutMs ?? 60_000,
    userAgent: "test",
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return { asked, to: (url: string) => send({ url, headers: { "webhook-id": "1" }, body: "{}" }, NEVER) };
}

/** What is sent to it is responded to by `respond`, byte for byte. Resolves to its URL. */
async function rawReceiver(respond: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("data", () => respond(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Sends a text again and again, until the other side ends it. */
function floodWith(socket: Socket, text: string, first = ""): void {
  socket.write(first);
  const more = () => {
    let goesOn = true;
    while (goesOn && socket.writable) {
      goesOn = socket.write(text);
    }
  };
  socket.on("drain", more);
  more();
}

describe("addresses that messages are sent to [SVC-1]", () => {
  it.each([
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "2002:7f00:1::",
    "2001:0:1::1",
    "2001:db8::1",
    "ff02::1",
    "example.com",
    "",
  ])("are not %s", (address) => expect(createAddressRules([]).isAllowed(address)).toBe(false));

  it.each(["1.1.1.1", "93.184.215.14", "172.32.0.1", "2606:4700:4700::1111"])("are %s", (address) =>
    expect(createAddressRules([]).isAllowed(address)).toBe(true),
  );

  it("are those that a setting names, and no others", () => {
    const rules = createAddressRules(["10.1.0.0/16", "fd00::1"]);
    expect(["10.1.2.3", "10.2.0.1", "fd00::1", "fd00::2"].map((one) => rules.isAllowed(one))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it.each([
    ["http://example.com/", "must be of https"],
    ["ftp://example.com/", "must be of https"],
    ["https://user:secret@example.com/", "must have neither a user, a password nor a fragment"],
    ["https://example.com/#x", "must have neither a user, a password nor a fragment"],
    ["https://127.0.0.1/", "is an address that is not sent to"],
    ["https://2130706433/", "is an address that is not sent to"],
    ["https://0x7f.1/", "is an address that is not sent to"],
    ["https://017700000001/", "is an address that is not sent to"],
    ["https://[::ffff:7f00:1]/", "is an address that is not sent to"],
    ["https://[::1]:8443/", "is an address that is not sent to"],
    ["not a url", "is no URL"],
    ["https://example.com:8443/hook?key=1", null],
  ])("%s: %s", (url, problem) => {
    expect(targetProblem(url, { addresses: createAddressRules([]), allowHttp: false })).toBe(problem);
  });
});

describe("sending", () => {
  it("goes to the address that was looked at, by the name of the URL", async () => {
    const { url, received } = await receiver();
    const named = url.replace("127.0.0.1", "hooks.example.com");
    const { asked, to } = sending({});
    expect(await to(named)).toEqual({ result: "delivered", status: 204, retryAfterMs: null });
    expect(asked).toEqual(["hooks.example.com"]);
    expect(received[0]?.headers.host).toBe(new URL(named).host);
  });

  it("sends nothing where one address of the name is not allowed", async () => {
    const { url, received } = await receiver();
    const named = url.replace("127.0.0.1", "rebound.example.com");
    const { to } = sending({ addresses: ["127.0.0.1", "10.0.0.1"] });
    expect(await to(named)).toMatchObject({ result: "blocked" });
    expect(await sending({ exceptions: [] }).to(named)).toMatchObject({ result: "blocked" });
    expect(await sending({ exceptions: [] }).to(url)).toMatchObject({ result: "blocked" });
    expect(received).toEqual([]);
  });

  it("follows no redirect, and says what a receiver asks to wait", async () => {
    const target = await receiver();
    const other = await receiver();
    target.respondWith(307, { location: other.url });
    expect(await sending({}).to(target.url)).toMatchObject({ result: "rejected", status: 307 });
    expect(other.received).toEqual([]);
    target.respondWith(429, { "retry-after": "7" });
    expect(await sending({}).to(target.url)).toEqual({
      result: "rejected",
      status: 429,
      retryAfterMs: 7_000,
    });
  });

  it("ends where a receiver does not respond, or never stops", async () => {
    const silent = await receiver();
    silent.hang();
    expect(await sending({ timeoutMs: 200 }).to(silent.url)).toMatchObject({ result: "timeout" });
    // Of a body that the end of the connection ends, too.
    const unfinished = await rawReceiver((socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    expect(await sending({ timeoutMs: 200 }).to(unfinished)).toMatchObject({ result: "timeout" });
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (const chunk of [`400\r\n${"x".repeat(1_024)}\r\n`, `1;${"x".repeat(1_024)}\r\nx\r\n`]) {
      const endless = await rawReceiver((socket) => floodWith(socket, chunk, head));
      expect(await sending({}).to(endless)).toMatchObject({ result: "delivered", status: 200 });
    }
  });

  it.each([
    ["interim responses", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"],
    ["blank lines", "\r\n".repeat(1_000)],
  ])(
    "ends where a receiver sends %s without end, which would take the thread from all others",
    async (_what, text) => {
      const endless = await rawReceiver((socket) => floodWith(socket, text));
      expect(await sending({}).to(endless)).toMatchObject({ result: "unreachable", status: null });
    },
  );

  it("ends where a receiver changes to another protocol, and takes that for no delivery", async () => {
    for (const end of [false, true]) {
      const switching = await rawReceiver((socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
        if (end) {
          socket.end();
        }
      });
      expect(await sending({}).to(switching)).toMatchObject({ result: "rejected", status: 101 });
    }
  });

  it("takes no receiver for the one that is named unless its certificate says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-webhook-tls-"));
    closing.push(async () => rmSync(folder, { recursive: true, force: true }));
    const authority = createAuthority(folder, "receivers");
    const { chainFile, keyFile } = authority.issue("hooks", {
      extensions: ["subjectAltName = DNS:hooks.example.com"],
    });
    const server = createHttpsServer(
      { cert: readFileSync(chainFile), key: readFileSync(keyFile) },
      (_request, reply) => reply.writeHead(204).end(),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(async () => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const ca = readFileSync(authority.certFile, "utf8");
    const to = (name: string, trusted: { readonly ca?: string }) =>
      sending(trusted).to(`https://${name}:${port}/`);
    expect(await to("hooks.example.com", { ca })).toMatchObject({ result: "delivered" });
    expect(await to("hooks.example.com", {})).toMatchObject({ result: "unreachable" });
    expect(await to("other.example.com", { ca })).toMatchObject({ result: "unreachable" });
  });

  it("says where nothing listens, or what comes is no response", async () => {
    const closed = await receiver();
    await closed.close();
    closing.pop();
    expect(await sending({}).to(closed.url)).toMatchObject({ result: "unreachable", status: null });
    const babbling = await rawReceiver((socket) => void socket.end("what?\r\n\r\n"));
    expect(await sending({}).to(babbling)).toMatchObject({ result: "unreachable" });
  });
});
