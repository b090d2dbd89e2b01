// The strict fake of a Splunk collector, which reads every event by Splunk's rules and keeps none.
import { startSplunkHec } from "@sark/testkit";
import { serve } from "../serve.ts";

await serve(async ({ token }: { readonly token: string }) => {
  const hec = await startSplunkHec({ token, onIndexed: () => undefined });
  return { ready: { url: hec.url }, close: () => hec.close() };
});
