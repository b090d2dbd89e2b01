// The gateway of `gateway.ts`; parts of its telemetry are switched off and on while it runs, so that what is compared is one
// process with one heap and one compiled code.
import { registerHooks } from "node:module";
import { switchOff, type Part } from "../switches.ts";

const SWITCHED = new URL("../switched-telemetry.ts", import.meta.url).href;
/** What the module that makes a service's telemetry makes it with. */
const PARTS = /\/(?:logger|recorder|start-tracing)\.ts$/;

registerHooks({
  resolve(specifier, context, next) {
    return context.parentURL?.endsWith("/service/create-instruments.ts") === true && PARTS.test(specifier)
      ? { url: SWITCHED, shortCircuit: true }
      : next(specifier, context);
  },
});

process.on("message", (message: unknown) => {
  if (typeof message === "object" && message !== null && "off" in message) {
    switchOff(message.off as readonly Part[]);
  }
});

await import("./gateway.ts");
