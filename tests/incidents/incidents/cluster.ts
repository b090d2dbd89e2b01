import type { Incidents } from "../incident.ts";
import { cluster } from "../parts/cluster.ts";
import { endpoint } from "../parts/endpoint.ts";

const PLAYED = "what kube-state-metrics exposes: there is no cluster";

/** The cluster, and the way to it. */
export const clusterIncidents: Incidents = {
  "node-lost": {
    what: "the kubelet of a node is not heard of any more",
    alerts: ["KubernetesNodeNotReady"],
    needs: [cluster],
    played: PLAYED,
    strike(world) {
      world.part(cluster).setReady(false);
      return () => world.part(cluster).setReady(true);
    },
  },
  "autoscaler-exhausted": {
    what: "an autoscaler has started as many pods as it may",
    alerts: ["AutoscalerAtMaximum"],
    needs: [cluster],
    played: PLAYED,
    strike(world) {
      world.part(cluster).setPods(10);
      return () => world.part(cluster).setPods(3);
    },
  },
  "load-balancer-without-targets": {
    what: "a public address responds with 503 to everything",
    alerts: ["EndpointUnreachable"],
    needs: [endpoint],
    strike(world) {
      world.part(endpoint).refuse(true);
      return () => world.part(endpoint).refuse(false);
    },
  },
};
