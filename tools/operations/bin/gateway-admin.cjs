#!/usr/bin/env node
require("./start.cjs")("gateway-admin");
