import { defineDashboard } from "../layout/define-dashboard.ts";
import { capacitySection } from "./infrastructure/capacity.ts";
import { clusterSection } from "./infrastructure/cluster.ts";
import { machinesSection } from "./infrastructure/machines.ts";
import { networkSection } from "./infrastructure/network.ts";
import { postgresSection } from "./infrastructure/postgres.ts";
import { redisSection } from "./infrastructure/redis.ts";

/** SVC-3: what both services stand on. */
export const infrastructure = defineDashboard({
  uid: "sark-infrastructure",
  title: "Infrastructure - Production",
  description:
    "Machines, the cluster and its autoscaling, the way to it (load balancer, names, certificates), PostgreSQL, Redis, and what is to come.",
  tags: ["infrastructure"],
  version: 1,
  variables: [],
  sections: [machinesSection, clusterSection, networkSection, postgresSection, redisSection, capacitySection],
});
