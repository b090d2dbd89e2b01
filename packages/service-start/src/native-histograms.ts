import { z } from "zod";

/** `metrics.nativeHistograms`, of each service. */
export const nativeHistogramsSchema = z
  .boolean()
  .default(false)
  .describe(
    "Whether a Prometheus that asks for them (`--enable-feature=native-histograms`, `scrape_native_histograms`) gets native histograms. It takes no classic ones then, which rules and dashboards read, unless its job says `scrape_classic_histograms` (since 3.0 `always_scrape_classic_histograms`).",
  );
