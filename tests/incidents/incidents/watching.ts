import { endpoint } from "../parts/endpoint.ts";
import { breakWay, type Incidents } from "../incident.ts";

/** Whether alerts arrive at all. */
export const watchingIncidents: Incidents = {
  heartbeat: {
    what: "nothing is wrong",
    alerts: ["Watchdog"],
    strike: () => () => undefined,
  },
  "notifications-refused": {
    what: "Slack does not know the address of its webhook any more, while a server is away",
    alerts: ["NotificationsFailing"],
    strike(world) {
      world.receiver.refuse("/slack", true);
      const mend = breakWay("tools")(world);
      return () => {
        world.receiver.refuse("/slack", false);
        mend();
      };
    },
  },
  "endpoint-certificate-ends": {
    what: "a public address shows a certificate that ends in 3 days",
    alerts: ["EndpointCertificateExpiring"],
    needs: [endpoint],
    strike(world) {
      world.part(endpoint).renew(3);
      return () => world.part(endpoint).renew(90);
    },
  },
};
