// A writer process: append-many URL USER COUNT; sends its parent the ids of what was acknowledged.
import { createAuditLog } from "../audit-log.ts";

const [url = "", user = "", count = "0"] = process.argv.slice(2);
const log = createAuditLog({ connectionString: url });
const ids = await Promise.all(
  Array.from({ length: Number(count) }, (_none, index) =>
    log.logGatewayEvent({
      event_type: "tool_invoke",
      user_id: user,
      decision: "allow",
      reason: "load",
      timestamp: Date.now() / 1000,
      gateway_request_id: `${user}-${index}`,
    }),
  ),
);
await log.close();
process.send?.(ids);
process.disconnect?.();
