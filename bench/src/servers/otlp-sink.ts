// Takes traces and throws them away: exporting is part of what the gateway does, keeping them is not.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "../serve.ts";

await serve(async () => {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ready: { url: `http://127.0.0.1:${port}/v1/traces` },
    close: async () => void server.close(),
  };
});
