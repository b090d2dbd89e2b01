#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { healthCheckTool } from "./tool.ts";

await runTool(healthCheckTool);
