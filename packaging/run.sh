#!/usr/bin/env bash
# Runs the main job; see run.py.
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
