#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { gatewayAdminApp } from "./app.ts";

await runTool(gatewayAdminApp);
