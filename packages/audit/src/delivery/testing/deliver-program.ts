// A replica that delivers until it is killed. Arguments: JSON of { url, hec, token, replica, acknowledgementTimeout }.
import { startDelivery } from "../start-delivery.ts";
import { splunkDestination } from "./engine.ts";

const { url, hec, token, replica, acknowledgementTimeout } = JSON.parse(process.argv[2] ?? "{}") as Record<
  "url" | "hec" | "token" | "replica",
  string
> & { readonly acknowledgementTimeout: string };

startDelivery({
  connectionString: url,
  destinations: [
    splunkDestination({ url: hec }, token, {
      settings: { maxEvents: 20, maxConcurrency: 3 },
      sinkSettings: { acknowledgementTimeout },
      requestTimeoutMs: 2_000,
    }),
  ],
  replica,
  pollMs: 10,
  electionMs: 20,
  leaseMs: 1_000,
});
process.stdout.write("started\n");
