#!/bin/sh
# What happens to a NAS in the middle of a job, done for real to a throw-away virtual machine, as docs/lost.md tells:
# LAB=HOST:PORT, LAB_KEY=FILE (root may log in with it), LAB_HOST_KEY=SHA256:…, LAB_QMP=SOCKET (QEMU's), LAB_SERIAL (of a
# slow blank SCSI drive), LAB_UNPLUG (its device's id), LAB_REPLUG (JSON for device_add). LAB_ONLY=REGEXP plays only the
# events whose names match.
set -eu
cd "$(dirname "$0")/.."
exec go test ./backend/cli -count=1 -v -run '^TestLostInTheLab$' -lab "$LAB" -lab-key "$LAB_KEY" -lab-host-key "$LAB_HOST_KEY" -lab-qmp "$LAB_QMP" \
	-lab-serial "$LAB_SERIAL" -lab-unplug "$LAB_UNPLUG" -lab-replug "$LAB_REPLUG" -lab-only "${LAB_ONLY:-}" -lab-program "$PWD/build/bin/burnish-cli" -timeout 120m
