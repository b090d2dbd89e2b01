#!/usr/bin/env node
void require("./start.cjs")("health-check");
