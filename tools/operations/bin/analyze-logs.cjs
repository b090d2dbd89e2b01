#!/usr/bin/env node
void require("./start.cjs")("analyze-logs");
