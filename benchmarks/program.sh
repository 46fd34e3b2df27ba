#!/usr/bin/env bash
# Builds one of the benchmarks' programs with the release settings; prints its path.
# Usage: bash benchmarks/program.sh bench_sound   (not executable: script/bench runs what is)
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f build/CMakeCache.txt ] || script/build release chat_core >&2
cmake -S . -B build -DCHAT_BENCHMARKS=ON >/dev/null
cmake --build build --target "$1" >&2
echo "$PWD/build/bin/$1"
