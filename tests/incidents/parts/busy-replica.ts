import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Part } from "./part.ts";

/** Another replica, of which there is the counter of decisions alone: it grows by this much in a second. */
export const busyReplica: Part<{ decide(perSecond: number): void }> = {
  async start(ground) {
    let since = performance.now();
    let total = 0;
    let rate = 0;
    const decided = () => total + ((performance.now() - since) / 1_000) * rate;
    const server = createServer((_request, response) =>
      response
        .setHeader("content-type", "text/plain; version=0.0.4")
        .end(
          `# TYPE sark_gateway_authz_requests_total counter\nsark_gateway_authz_requests_total{decision="allow",action="gateway:tool:invoke",server="tools"} ${Math.round(decided())}\n`,
        ),
    );
    ground.undo(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return {
      value: {
        decide(perSecond) {
          total = decided();
          since = performance.now();
          rate = perSecond;
        },
      },
      targets: [{ job: "sark-gateway", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }],
    };
  },
};
