import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, startHttpCollector } from "@sark/testkit";
import { QUICK } from "../../support/destinations.ts";
import { withDestination, type Part } from "./part.ts";

const DAY_HOURS = 24;

/** The certificate that the gateway shows to a receiver: `renew` replaces it by one that is valid for so many days. */
export const clientCertificate: Part<{ renew(days: number): void }> = {
  async start(ground) {
    const authority = createAuthority(ground.folder, "clients");
    const renew = (days: number) => authority.issue("gateway", { hours: days * DAY_HOURS });
    const { certFile, keyFile } = renew(90);
    const receiver = await startHttpCollector({ tls: "valid" });
    ground.undo(() => receiver.close());
    const caFile = join(ground.folder, "receiver.pem");
    writeFileSync(caFile, receiver.authority ?? "");
    const tls = { caFile, certFile, keyFile };
    const sink = { type: "webhook", url: receiver.url, secret: "${WEBHOOK_SECRET}", tls };
    return {
      value: { renew },
      configure: (options) => withDestination(options, { name: "archive", sink, ...QUICK }),
    };
  },
};
