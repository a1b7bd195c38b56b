# Sourced by ./throughline test: sets up what the tests need, runs all of them, judges the skips.
# Uses from there: root, java_home, fail, require_builders.

# Debian's packages that tests run against, as command:package.
test_packages="chromium:chromium prometheus:prometheus promtool:prometheus prometheus-node-exporter:prometheus-node-exporter prometheus-alertmanager:prometheus-alertmanager"

install_packages() {
  local pair missing="" what
  for pair in $test_packages; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "throughline: installing for the tests:$missing" >&2
    # A package's service is not to start: tests start what they need on ports of their own.
    local policy=/usr/sbin/policy-rc.d made=""
    if [ ! -e "$policy" ]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=1
    fi
    (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing) >"$root/app/target/apt.log" 2>&1 ||
      echo "throughline: could not install them, see app/target/apt.log" >&2
    [ -z "$made" ] || rm -f "$policy"
  fi
  for pair in $test_packages; do
    what="${pair%%:*}"
    command -v "$what" >/dev/null 2>&1 || echo "throughline: $what is missing (Debian package ${pair##*:}): tests against it are left out" >&2
  done
}

run_tests() {
  local minutes="" seed="" long_options="" status=0 started
  while [ $# -gt 0 ]; do
    case "$1" in
      --long) minutes="${2:-}"; shift 2 || fail "--long wants a number of minutes" 2 ;;
      --seed) seed="${2:-}"; shift 2 || fail "--seed wants a whole number" 2 ;;
      -h | --help)
        echo "Usage: throughline test [--long MINUTES [--seed S]]
Sets up what the tests need, then runs mvn verify, the dashboard's unit tests and the browser tests.
--long runs the long tests in a time box and prints runs and seed."
        return 0
        ;;
      *) fail "unknown option '$1' of test; see ./throughline test --help" 2 ;;
    esac
  done
  require_builders
  mkdir -p "$root/app/target"
  install_packages
  if [ -n "$minutes" ]; then
    case "$minutes" in *[!0-9]* | "") fail "--long wants a whole number of minutes, got '$minutes'" 2 ;; esac
    seed="${seed:-$(date +%s)}"
    long_options="-Dthroughline.long.minutes=$minutes -Dthroughline.seed=$seed"
    echo "throughline: long tests, $minutes minutes, seed $seed" >&2
  fi
  started="$(date +%s)"
  find "$root" -path '*/target/*-reports/*.xml' -not -path '*/node_modules/*' -exec rm -f {} + 2>/dev/null
  rm -f "$root/ui/target/unit.json" "$root/ui/target/e2e.json"

  echo "throughline: mvn verify …" >&2
  # shellcheck disable=SC2086
  (cd "$root" && JAVA_HOME="$java_home" mvn --batch-mode --fail-at-end $long_options verify) || status=1
  [ "$status" -ne 0 ] || touch "$root/app/target/built.stamp"
  if [ "$status" -eq 0 ] && [ -f "$root/ui/package.json" ]; then
    echo "throughline: the dashboard's unit tests …" >&2
    (cd "$root/ui" && npm run --silent lint && npm run --silent test) || status=1
  fi
  if [ "$status" -eq 0 ] && [ -f "$root/ui/e2e/vitest.config.ts" ]; then
    echo "throughline: browser tests …" >&2
    (cd "$root/ui" && THROUGHLINE_JAVA_HOME="$java_home" npm run --silent e2e) || status=1
  fi
  node "$root/testkit/report-tests.mjs" "$root" "$(($(date +%s) - started))" || status=1
  return "$status"
}
