#!/usr/bin/env node
import { keepCompiled } from "../compile-cache.ts";

keepCompiled();
const [{ runTool }, { auditTool }] = await Promise.all([import("../frame/run-tool.ts"), import("./tool.ts")]);
await runTool(auditTool);
