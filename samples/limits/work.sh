#!/bin/sh
# Usage: work.sh SECONDS. Stands for work at something that bears few at a time.
set -eu
echo "$RUNNER_DEPLOYMENT has a slot and works for $1 s"
sleep "$1"
echo "$RUNNER_DEPLOYMENT is done"
