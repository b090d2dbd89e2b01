import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Part } from "./part.ts";

/** What kube-state-metrics says of a cluster of one node and one autoscaler, which may have ten pods. */
export const cluster: Part<{ setReady(isReady: boolean): void; setPods(count: number): void }> = {
  async start(ground) {
    let isReady = true;
    let pods = 3;
    const scaler = '{namespace="sark",horizontalpodautoscaler="gateway"}';
    const server = createServer((_request, response) =>
      response
        .setHeader("content-type", "text/plain; version=0.0.4")
        .end(
          [
            "# TYPE kube_node_status_condition gauge",
            `kube_node_status_condition{node="n-1",condition="Ready",status="true"} ${Number(isReady)}`,
            "# TYPE kube_horizontalpodautoscaler_spec_max_replicas gauge",
            `kube_horizontalpodautoscaler_spec_max_replicas${scaler} 10`,
            "# TYPE kube_horizontalpodautoscaler_status_current_replicas gauge",
            `kube_horizontalpodautoscaler_status_current_replicas${scaler} ${pods}`,
            "",
          ].join("\n"),
        ),
    );
    ground.undo(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    return {
      value: { setReady: (value) => (isReady = value), setPods: (count) => (pods = count) },
      targets: [{ job: "kube-state-metrics", url: `http://127.0.0.1:${port}` }],
    };
  },
};
