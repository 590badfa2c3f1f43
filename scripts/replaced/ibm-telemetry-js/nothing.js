#!/usr/bin/env node
// Carbon's install scripts call `ibmtelemetry`; Cloister sends nothing to anybody.
