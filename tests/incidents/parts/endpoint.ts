import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAuthority, startExporter } from "@sark/testkit";
import type { Part } from "./part.ts";

const DAY_HOURS = 24;

/** A public address that the blackbox exporter looks at: `renew` replaces its certificate by one for so many days, `refuse` has it respond with 503. */
export const endpoint: Part<{ renew(days: number): void; refuse(isRefusing: boolean): void }> = {
  async start(ground) {
    const authority = createAuthority(ground.folder, "public");
    const issue = (days: number) => {
      const { certFile, keyFile } = authority.issue("endpoint", { hours: days * DAY_HOURS });
      return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    };
    let isRefusing = false;
    const server = createServer(issue(90), (_request, response) =>
      response.writeHead(isRefusing ? 503 : 200).end(isRefusing ? "no target" : "well"),
    );
    ground.undo(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const file = join(ground.folder, "blackbox.yml");
    const http = { fail_if_not_ssl: true, tls_config: { insecure_skip_verify: true } };
    writeFileSync(file, JSON.stringify({ modules: { https: { prober: "http", http } } }));
    const exporter = await startExporter("blackbox-exporter", { arguments: [`--config.file=${file}`] });
    ground.undo(() => exporter.close());
    const { port } = server.address() as AddressInfo;
    return {
      value: {
        renew: (days) => server.setSecureContext(issue(days)),
        refuse: (value) => (isRefusing = value),
      },
      targets: [
        {
          job: "blackbox",
          url: exporter.url,
          // The exporter takes half a second off the time that a scrape may take.
          scrapeInterval: "2s",
          probe: { module: "https", target: `https://127.0.0.1:${port}/` },
        },
      ],
    };
  },
};
