import { onTestFinished } from "vitest";
import { scriptedUpstream, type ScriptedUpstream, type Script } from "./scripted-upstream.ts";
import { startGateway, type TestGateway, type TestGatewayOptions } from "./start-gateway.ts";

/** A gateway that ends with the test. */
export async function testGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** A gateway before one server, `s`, that does what the test says. Ends with the test. */
export async function scriptedGateway(
  script: Script,
  options: Omit<TestGatewayOptions, "upstreams"> = {},
): Promise<{ readonly gateway: TestGateway; readonly upstream: ScriptedUpstream }> {
  const upstream = scriptedUpstream("s", script);
  return { gateway: await testGateway({ upstreams: { s: upstream }, ...options }), upstream };
}
