import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Transport } from "@modelcontextprotocol/server";
import { buildServer } from "./build-server.ts";
import { createRecorder, type Recorder, type SeenRequest } from "./recorder.ts";
import { createWorld } from "./world.ts";

/** Serves this process's stdin and stdout; the client's first message decides the era. */
export function startStdioServer(onRequest?: (seen: SeenRequest) => void): { close(): Promise<void> } {
  const recorder = createRecorder(onRequest);
  const world = createWorld(recorder, (code) => process.exit(code));
  return serveStdio(({ era }) => buildServer(world, { era, lasting: true }), {
    transport: recorded(new StdioServerTransport(), recorder),
  });
}

/** The same transport, with each incoming message written down, and its handlers run in its name. */
function recorded(inner: Transport, recorder: Recorder): Transport {
  const outer: Transport = {
    start: () => inner.start(),
    send: (message, options) => inner.send(message, options),
    close: () => inner.close(),
  };
  inner.onclose = () => outer.onclose?.();
  inner.onerror = (error) => outer.onerror?.(error);
  inner.onmessage = (message, extra) => {
    const seen = recorder.open({ transport: "stdio", httpMethod: null, url: null, headers: {} });
    recorder.read(seen, message);
    recorder.run({ seen }, () => outer.onmessage?.(message, extra));
  };
  return outer;
}
