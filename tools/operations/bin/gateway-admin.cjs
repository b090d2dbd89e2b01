#!/usr/bin/env node
void require("./start.cjs")("gateway-admin");
