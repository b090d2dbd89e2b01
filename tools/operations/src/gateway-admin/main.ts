#!/usr/bin/env node
import { runTool } from "../run-tool.ts";
import { gatewayAdminTool } from "./tool.ts";

await runTool(gatewayAdminTool);
