#!/bin/sh
# How fast the stamp engine is beside fio and badblocks: on a device throttled as a hard drive, one throttled as an NVMe,
# and one in memory. Interleaved, medians of ROUNDS (5). Needs root, fio and badblocks; tells little on a busy machine.
set -eu
cd "$(dirname "$0")/.."
exec go test ./backend/runner/linux -v -run '^TestSurfaceBenchmark$' -surface-bench "${ROUNDS:-5}" -surface-bench-mib "${MIB:-512}" -timeout 60m
