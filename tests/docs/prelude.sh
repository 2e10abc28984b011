# What every script of a stage begins with.
# shellcheck shell=bash
[[ -n ${BGPD_PRELUDE:-} ]] && return
export BGPD_PRELUDE=1
set -euo pipefail

# until_true COMMAND...: waits for it.
until_true() {
  local deadline=$((SECONDS + 45))
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || { echo "not within 45 s: $*" >&2 && return 1; }
    sleep 0.05
  done
}

up() {
  bgpd show neighbors "$1" | grep -q Established
}

# said_or_ended PID PATTERN FILE: once the process has ended there is nothing to wait for.
said_or_ended() {
  grep -qE "$2" "$3" || ! kill -0 "$1"
}

still_there() {
  kill -0 "$1" 2>/dev/null && return
  cat "$2" >&2
  return 1
}

# A daemon goes on in the background, and logs to a file.
bgpd() {
  local arg
  for arg in "$@"; do
    [[ $arg == -* ]] && continue
    [[ $arg == run ]] && start_daemon "$@" && return
    break
  done
  command bgpd "$@"
}

start_daemon() {
  local log
  log=$LOGS/$(find "$LOGS" -name '*.log' | wc -l)
  (
    trap : TERM # the stage ends all processes at once; this one still says how the daemon ended
    echo unknown >"$log.status"
    status=0
    command bgpd "$@" >"$log.log" 2>&1 || status=$?
    echo $status >"$log.status"
  ) </dev/null >/dev/null 2>&1 &
  until_true said_or_ended $! 'API: (listening|cannot listen)' "$log.log"
  still_there $! "$log.log"
}

# ends COMMAND...: a daemon that is to end by itself, with status 1.
ends() {
  local log status=0
  log=$LOGS/$(find "$LOGS" -name '*.log' | wc -l).log
  command "$@" >"$log" 2>&1 || status=$?
  [[ $status -eq 1 ]] || { echo "status $status:" >&2 && cat "$log" >&2 && return 1; }
}

# `make run` as it is, but for the program; it stays until the stage is closed.
quickstart() {
  BGPD=build/bgpd make run >"$LOGS/quickstart" 2>&1 </dev/null &
  local pid=$!
  until_true said_or_ended $pid 'Ctrl-C stops them' "$LOGS/quickstart"
  still_there $pid "$LOGS/quickstart"
}
