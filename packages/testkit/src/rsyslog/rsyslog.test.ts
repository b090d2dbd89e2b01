import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { requireServer } from "../required-server.ts";
import { startRsyslog, type Rsyslog } from "./start-rsyslog.ts";

let rsyslog: Rsyslog | undefined;
afterEach(() => rsyslog?.close());

describe.skipIf(requireServer("rsyslogd") === null)("startRsyslog", () => {
  it("takes octet-counted messages and says how it understood them, also after a crash", async () => {
    rsyslog = await startRsyslog();
    const { port } = rsyslog;
    const send = async (text: string) => {
      const message = `<110>1 2026-03-01T08:00:00.5Z host app 1 ID [a@1 b="c"] ${text}`;
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.end(`${message.length} ${message}`);
    };
    await send("one");
    await vi.waitUntil(() => rsyslog?.messages().length === 1);
    expect(rsyslog.messages()).toMatchObject([
      {
        priority: 110,
        host: "host",
        appName: "app",
        messageId: "ID",
        structuredData: '[a@1 b="c"]',
        message: "one",
      },
    ]);
    await rsyslog.kill();
    await rsyslog.restart();
    await send("two");
    await vi.waitUntil(() => rsyslog?.messages().length === 2);
  });
});
