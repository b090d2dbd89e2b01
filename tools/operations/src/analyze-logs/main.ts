#!/usr/bin/env node
import { keepCompiled } from "../compile-cache.ts";

keepCompiled();
const [{ runTool }, { analyzeLogsTool }] = await Promise.all([
  import("../frame/run-tool.ts"),
  import("./tool.ts"),
]);
await runTool(analyzeLogsTool);
