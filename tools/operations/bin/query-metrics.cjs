#!/usr/bin/env node
void require("./start.cjs")("query-metrics");
