#!/bin/sh
# Usage: report.sh DAY FORMAT
set -eu
echo "A report of $1 as $2."
