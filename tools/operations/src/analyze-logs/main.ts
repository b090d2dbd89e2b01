#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { analyzeLogsTool } from "./tool.ts";

await runTool(analyzeLogsTool);
