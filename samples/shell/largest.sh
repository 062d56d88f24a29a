#!/bin/sh
# Usage: largest.sh DIRECTORY COUNT
# Folders that may not be read are told on standard error and left out of the sum.
set -eu
echo "The $2 largest folders of $1:"
du -k -d 1 -- "$1" | sort -rn | sed 1d | head -n "$2" | awk '{ size = $1; sub(/^[0-9]+[ \t]+/, ""); printf "%10d KiB  %s\n", size, $0 }'
