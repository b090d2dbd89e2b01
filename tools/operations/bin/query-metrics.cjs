#!/usr/bin/env node
require("./start.cjs")("query-metrics");
