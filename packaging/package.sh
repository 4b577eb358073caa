#!/usr/bin/env bash
# Makes the Debian packages: packaging/package.sh BUILD_FOLDER OUTPUT_FOLDER
# The same commit gives the same bytes: archive times are the commit's.
set -euo pipefail
build=$(realpath "$1")
out=$(realpath -m "$2")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
committed=$(git -C "$root" log -1 --format=%ct 2>/dev/null || true)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-${committed:-$(date +%s)}}
work=$out.new
rm -rf "$work"
umask 022
cd "$build"   # dpkg-shlibdeps and cpack leave their scratch files where they are run
if ! cpack --config "$build/CPackConfig.cmake" -B "$work" >"$build/package.log" 2>&1; then
    tail -n 40 "$build/package.log" >&2
    exit 1
fi
rm -rf "$work/_CPack_Packages" "$out"
mv "$work" "$out"
ls -l "$out"/*.deb
