#!/bin/sh
# Runs every fuzz target for a while; fails when one of them finds something.
#
#   fuzz/run.sh [SECONDS (60)] [BUILD_DIR]
#
# Inputs that reach new code are kept in BUILD_DIR/corpus, so that a later run goes on from there.
# What crashes a target is left in BUILD_DIR/findings and printed.
set -eu

seconds=${1:-60}
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=${2:-$source_dir/build-fuzz}
targets="fuzz_message fuzz_nlri fuzz_flow_text fuzz_config fuzz_policy_sets fuzz_policy_values fuzz_netlink fuzz_rtr fuzz_vrp_json fuzz_exa fuzz_jsonrpc fuzz_route_lines"

if [ ! -e "$build/build.ninja" ]; then
    CC=clang CXX=clang++ meson setup "$build" "$source_dir" \
        -Dfuzz=true -Dtests=disabled -Dbuildtype=debugoptimized \
        -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined' \
        -Dcpp_args='-fsanitize=fuzzer-no-link'
fi
# shellcheck disable=SC2086 # one word a target
ninja -C "$build" $(for target in $targets; do echo "fuzz/$target"; done)

failed=0
for target in $targets; do
    corpus=$build/corpus/$target
    findings=$build/findings/$target
    mkdir -p "$corpus" "$findings"
    echo "== $target: $seconds s"
    if "$build/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$findings/" \
        "$corpus" "$source_dir/fuzz/corpus/$target"; then
        echo "== $target: nothing found"
    else
        echo "== $target: FOUND SOMETHING, see $findings"
        failed=1
    fi
done
exit $failed
