#!/usr/bin/env node
require("./start.cjs")("analyze-logs");
