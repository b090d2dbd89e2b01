import { clientCertificate } from "../parts/client-certificate.ts";
import { redis } from "../parts/redis.ts";
import { splunk } from "../parts/splunk.ts";
import { recordEvent } from "../../support/requests.ts";
import { breakWay, unlike, type Incidents } from "../incident.ts";
import type { World } from "../world.ts";
import { burns, OVER_DAYS } from "./burns.ts";

/** OPA fails, and is asked: no decision comes from the cache. */
function withoutOpa(fault: "killed" | "paused") {
  return async (world: World) => {
    const mend = breakWay("opa", fault)(world);
    const stop = await unlike()(world);
    return () => {
      stop();
      mend();
    };
  };
}

const POISON = "refused for good";

/** What the gateway depends on is away. */
export const dependencyIncidents: Incidents = {
  "policy-engine-killed": {
    what: "OPA is killed",
    alerts: ["PolicyEngineDown", ...burns("GatewayAvailability", 14, 6)],
    strike: withoutOpa("killed"),
  },
  "policy-engine-killed-for-days": {
    what: "OPA is killed, for long",
    alerts: burns("GatewayAvailability", 3, 1),
    scale: OVER_DAYS,
    strike: withoutOpa("killed"),
  },
  "slow-policy": {
    what: "OPA does not respond within the time limit of 1 s",
    alerts: ["HighGatewayAuthorizationLatency", "CriticalGatewayAuthorizationLatency"],
    strike: withoutOpa("paused"),
  },
  "postgres-killed": {
    what: "PostgreSQL is killed",
    alerts: ["PostgresDown", "AuditStoreDown", "AuditEventLoggingFailed", ...burns("AuditDurability", 14, 6)],
    strike: breakWay("postgres"),
  },
  "postgres-killed-for-days": {
    what: "PostgreSQL is killed, for long",
    alerts: burns("AuditDurability", 3, 1),
    scale: OVER_DAYS,
    strike: breakWay("postgres"),
  },
  "redis-killed": {
    what: "Redis is killed",
    alerts: ["SharedStateDown"],
    needs: [redis],
    strike(world) {
      world.part(redis).strike("killed");
      return () => world.part(redis).mend();
    },
  },
  "siem-refuses": {
    what: "the SIEM is killed",
    alerts: ["SiemIntegrationFailing", ...burns("DeliveryLag", 14, 6)],
    strike: breakWay("siem"),
  },
  "siem-refuses-for-days": {
    what: "the SIEM is killed, for long",
    alerts: burns("DeliveryLag", 3, 1),
    scale: OVER_DAYS,
    strike: breakWay("siem"),
  },
  "siem-refuses-events": {
    what: "Splunk refuses single events for good",
    alerts: ["SiemEventsQuarantined"],
    needs: [splunk],
    strike(world) {
      world.part(splunk).poison(POISON);
      const stop = world.keep(() => recordEvent(world.gateway, POISON).catch(() => undefined));
      return () => {
        stop();
        world.part(splunk).poison(null);
      };
    },
  },
  "client-certificate-ends": {
    what: "the certificate that the gateway shows to a SIEM ends in 3 days",
    alerts: ["CertificateExpiring"],
    needs: [clientCertificate],
    strike(world) {
      world.part(clientCertificate).renew(3);
      return () => world.part(clientCertificate).renew(90);
    },
  },
};
