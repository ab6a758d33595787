#!/bin/sh
# Forwards to the auto-scaler's command line: scripts/autoscaler.sh status | test SERVICE | run | …
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if [ -f "$here/../autoscaler/dist/cli/main.js" ]; then exec node "$here/../autoscaler/dist/cli/main.js" "$@"; fi
exec testbro-autoscaler "$@"
