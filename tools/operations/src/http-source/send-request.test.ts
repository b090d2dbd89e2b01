import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { exchangeJson } from "./http-source.ts";

it("says so where a server changes to another protocol, which was not asked for", async () => {
  const server = createServer((socket) => {
    socket.once("data", () =>
      socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    );
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const source = {
    name: "Prometheus",
    url: `http://127.0.0.1:${port}`,
    timeoutMs: 240_000,
    maxMebibytes: 1,
  };
  await expect(exchangeJson(source, { method: "GET", path: "/" })).rejects.toThrow(
    /Prometheus .*changes to another protocol/,
  );
});
