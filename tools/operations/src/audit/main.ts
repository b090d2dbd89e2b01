#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { auditApp } from "./app.ts";

await runTool(auditApp);
