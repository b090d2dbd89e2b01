#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { auditTool } from "./tool.ts";

await runTool(auditTool);
