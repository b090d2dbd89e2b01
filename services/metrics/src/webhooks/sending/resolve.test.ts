import { afterEach, beforeEach, expect, it } from "vitest";
import { startNameServer, type NameServer } from "../testing/name-server.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../testing/receiver.ts";
import { createAddressRules } from "./address-rules.ts";
import { createDnsResolution } from "./resolve.ts";
import { createSending } from "./send-message.ts";

const NEVER = new AbortController().signal;
let names: NameServer;
let receiver: WebhookReceiver;
beforeEach(async () => {
  [names, receiver] = await Promise.all([startNameServer(), startWebhookReceiver()]);
});
afterEach(() => Promise.all([names.close(), receiver.close()]));

/** To the receiver by this name. */
function send(name: string, timeoutMs = 60_000) {
  const sending = createSending({
    rules: { addresses: createAddressRules(["127.0.0.1"]), allowHttp: true },
    resolve: createDnsResolution([names.address]),
    timeoutMs,
    userAgent: "test",
  });
  const url = receiver.url.replace("127.0.0.1", name);
  return sending({ url, headers: { "webhook-id": "1" }, body: "{}" }, NEVER);
}

it("asks the name server for both kinds of addresses, and gets all of them [SVC-1]", async () => {
  names.set("hooks.example.com", ["93.184.215.14", "127.0.0.1"]);
  const found = await createDnsResolution([names.address])("hooks.example.com", NEVER);
  expect(found.toSorted()).toEqual(["127.0.0.1", "93.184.215.14"]);
  expect(names.asked.toSorted()).toEqual(["hooks.example.com 28", "hooks.example.com A"]);
});

it("sends to the address that the name server says", async () => {
  names.set("hooks.example.com", ["127.0.0.1"]);
  expect(await send("hooks.example.com")).toMatchObject({ result: "delivered" });
  expect(receiver.received[0]?.headers.host).toMatch(/^hooks\.example\.com:/);
});

it("looks at each attempt again: a name that is bound to another address since is not sent to", async () => {
  names.set("hooks.example.com", ["127.0.0.1"], ["169.254.169.254"]);
  expect(await send("hooks.example.com")).toMatchObject({ result: "delivered" });
  expect(await send("hooks.example.com")).toMatchObject({ result: "blocked" });
  expect(receiver.received).toHaveLength(1);
});

it.each([
  "::1",
  "::",
  "::ffff:169.254.169.254",
  "::ffff:0:169.254.169.254",
  "::169.254.169.254",
  "64:ff9b::169.254.169.254",
  "64:ff9b:1::169.254.169.254",
  "2002:a9fe:a9fe::",
  "2001:0:a9fe:a9fe::",
  "fe80::1",
  "fd00:ec2::254",
  "0.0.0.0",
  "127.0.0.2",
])("is not sent to by a name that has %s since, alone or beside what is allowed", async (address) => {
  for (const rebound of [[address], ["127.0.0.1", address]]) {
    names.set("hooks.example.com", ["127.0.0.1"], rebound);
    expect(await send("hooks.example.com")).toMatchObject({ result: "delivered" });
    expect(await send("hooks.example.com")).toMatchObject({ result: "blocked" });
  }
  expect(receiver.received).toHaveLength(2);
});

it("connects to what was looked at: another address a moment later changes nothing, and is not asked for", async () => {
  // With a second look-up between check and connection, the receiver at the second address would get the message.
  names.set("rebound.example.com", ["127.0.0.9"], ["127.0.0.1"]);
  expect(await send("rebound.example.com")).toMatchObject({ result: "blocked" });
  names.set("hooks.example.com", ["127.0.0.1"], ["127.0.0.9"]);
  expect(await send("hooks.example.com")).toMatchObject({ result: "delivered" });
  expect(names.asked.filter((one) => one === "hooks.example.com A")).toHaveLength(1);
});

it("does not take names of the machine, and says where a name has no address", async () => {
  // In /etc/hosts of about every machine.
  await expect(createDnsResolution([names.address])("localhost", NEVER)).rejects.toThrow("no address");
  expect(await send("unknown.example.com")).toMatchObject({ result: "unreachable" });
});

it("ends with the attempt where the name server says nothing", async () => {
  names.set("slow.example.com", null);
  expect(await send("slow.example.com", 200)).toMatchObject({ result: "timeout" });
});
