#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# tests/conformance/resume.sh FOLDER - real logs, cut anywhere and gone on with (resume.py), against one reading of the whole.
#
# SV_TEST_CUTS: how many cuts a log at most (default: a sample of a few seconds).
command -v python3 >/dev/null || { echo "1..0 # skip python3 is not installed"; exit 0; }
exec python3 "$(dirname "${BASH_SOURCE[0]}")/resume.py" "$1" "${SV_TEST_CUTS:-0}"
