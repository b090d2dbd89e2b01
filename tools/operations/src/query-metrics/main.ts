#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { queryMetricsTool } from "./tool.ts";

await runTool(queryMetricsTool);
