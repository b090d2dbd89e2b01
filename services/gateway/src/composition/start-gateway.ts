import { endAll, type Cleanup } from "@sark/service-start";
import type { GatewayConfig } from "../config/schema.ts";
import { buildGateway } from "./build-gateway.ts";
import type { Gateway } from "./gateway.ts";
import { openGround, type Ground, type StartOptions } from "./ground.ts";

/** Builds the whole gateway from its configuration and listens. What was started is ended again when a step fails. */
export async function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const cleanups: Cleanup[] = [];
  let ground: Ground | undefined;
  try {
    ground = await openGround(config, options, cleanups);
    return await buildGateway(config, ground, options, cleanups);
  } catch (error) {
    ground?.telemetry.lifecycle.startFailed(error);
    await endAll(cleanups).catch((fault: unknown) => ground?.telemetry.lifecycle.notEnded(fault));
    throw error;
  }
}
