#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { healthCheckApp } from "./app.ts";
import { exitCodeOf } from "./exit-codes.ts";

await runTool(healthCheckApp, exitCodeOf);
