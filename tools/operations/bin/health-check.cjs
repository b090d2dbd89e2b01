#!/usr/bin/env node
require("./start.cjs")("health-check");
