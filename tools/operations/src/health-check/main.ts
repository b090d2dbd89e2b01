#!/usr/bin/env node
import { keepCompiled } from "../compile-cache.ts";

keepCompiled();
const [{ runTool }, { healthCheckTool }] = await Promise.all([
  import("../frame/run-tool.ts"),
  import("./tool.ts"),
]);
await runTool(healthCheckTool);
