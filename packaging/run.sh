#!/usr/bin/env bash
# The main job, from keys to receipts: central on loopback, a demo office, then the desk.
#
#   run.sh [--bin DIR] [--keep]              opens the window on a demo office that stays between runs
#   run.sh --headless [--bin DIR] [--keep]   records 25 intakes, delivers them over a link that is cut
#                                            twice, verifies the receipts, prints a table; exits 0
#
# --bin DIR: the programs (build/release/bin by default). --keep: leave the headless run's folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$here/build/release/bin
headless=no keep=no seed=${AWDA_RUN_SEED:-2026}
while [ $# -gt 0 ]; do
    case $1 in
        --headless) headless=yes ;;
        --bin) bin=$2; shift ;;
        --keep) keep=yes ;;
        --seed) seed=$2; shift ;;
        -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "run: unknown option: $1 (see --help)" >&2; exit 2 ;;
    esac
    shift
done
umask 077

pids=()
stop_all() {
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] && kill "$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] && wait "$pid" 2>/dev/null || true
    done
    pids=()
}
cleanup() {
    status=$?
    stop_all
    if [ "$headless" = yes ] && [ "$keep" = no ] && [ -n "${home:-}" ] && [ $status -eq 0 ]; then
        rm -rf "$home"
    fi
    if [ $status -ne 0 ] && [ -n "${home:-}" ]; then echo "run: stopped; its folder is kept: $home" >&2; fi
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*" >&2; }

# Waits until a file has content; fails when the process that should write it has ended.
wait_for_file() {
    local file=$1 pid=$2 i
    for ((i = 0; i < 600; i++)); do
        [ -s "$file" ] && return 0
        kill -0 "$pid" 2>/dev/null || { say "run: a server ended before it was ready"; return 1; }
        sleep 0.05
    done
    say "run: a server was not ready after 30 seconds"
    return 1
}

# A value out of a flat JSON object on standard input.
json() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for k in sys.argv[1].split("."): v=v[k]
print(v)' "$1"; }

start_central() {  # listen address
    rm -f "$home/central.port"
    "$bin/awda-central" serve --data "$home/central" --keys "$home/keys" --listen "$1" \
        --port-file "$home/central.port" 2>>"$home/central.log" &
    central=$!
    pids+=("$central")
    wait_for_file "$home/central.port" "$central"
    port=$(cat "$home/central.port")
}

make_headquarters() {
    say "headquarters: making keys and database"
    "$bin/awda-central" keys init --out "$home/keys" >"$home/keys.log"
    "$bin/awda-central" init --data "$home/central" --keys "$home/keys" >>"$home/keys.log"
}

enrol_office() {
    say "office: enrolling this computer"
    head -c 15 /dev/urandom | base64 | tr '+/' 'xy' >"$home/passphrase"
    "$bin/awda-central" voucher --data "$home/central" --keys "$home/keys" --office-name "$1" \
        --url "https://127.0.0.1:$port" --out "$home/office.voucher" >>"$home/keys.log"
    "$bin/awda" init --data "$home/office" --voucher "$home/office.voucher" --officer demo \
        >>"$home/office.log"
}

run_headless() {
    mkdir -p "$here/build/run"
    home=$(mktemp -d "$here/build/run/headless-XXXXXX")
    export AWDA_PASSPHRASE_FILE=$home/passphrase AWDA_OFFICER=demo
    local started cut_seed stats answers
    started=$(date +%s%N)
    make_headquarters
    start_central 127.0.0.1:0
    enrol_office "دائرة الهجرة - أربيل"
    answers=$here/tests/data/intakes
    say "office: recording 25 intakes"
    "$bin/awda" intake new --data "$home/office" --form returnee-intake --answers "$answers" --json \
        >"$home/intakes.json"
    say "link: delivering over a connection that is cut twice (seed $seed)"
    python3 "$here/tests/e2e/cut_proxy.py" --target "127.0.0.1:$port" --cuts 2 --seed "$seed" \
        --port-file "$home/proxy.port" --stats "$home/proxy.json" --lifetime 300 &
    pids+=("$!")
    wait_for_file "$home/proxy.port" "$!"
    "$bin/awda" sync --once --data "$home/office" --connect "127.0.0.1:$(cat "$home/proxy.port")" --json \
        >"$home/sync.json"
    "$bin/awda" log verify --data "$home/office" --json >"$home/verify.json"
    "$bin/awda" status --data "$home/office" --json >"$home/status.json"
    "$bin/awda-central" list --data "$home/central" --keys "$home/keys" --form returnee-intake --json \
        >"$home/central.json"
    "$bin/awda-central" export --data "$home/central" --keys "$home/keys" --form returnee-intake \
        --csv "$home/export" >>"$home/keys.log"
    stop_all
    python3 "$here/tests/e2e/headless_report.py" "$home" "$started"
}

run_window() {
    home=$here/build/run/demo
    mkdir -p "$home"
    export AWDA_PASSPHRASE_FILE=$home/passphrase
    if [ ! -f "$home/ready" ]; then
        rm -rf "$home" && mkdir -p "$home"
        make_headquarters
        start_central 127.0.0.1:0
        enrol_office "دائرة الهجرة - أربيل"
        printf '%s\n' "$port" >"$home/ready"
    else
        start_central "127.0.0.1:$(cat "$home/ready")"
    fi
    say "Log in as: demo"
    say "Passphrase: $(cat "$home/passphrase")"
    unset AWDA_PASSPHRASE_FILE
    "$bin/awda-desk" --data "$home/office"
}

if [ "$headless" = yes ]; then
    run_headless
elif [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say "run: there is no display here; try: ./dev run --headless"
    exit 1
else
    run_window
fi
