#!/usr/bin/env bash
# A real Secret Service for tests: D-Bus and gnome-keyring in a session and a home of their own, without systemd or a
# display, as any user.
#   tests/secret_service.sh install        Debian's packages (needs root)
#   tests/secret_service.sh missing        what is not installed; nothing where all is there
#   tests/secret_service.sh run CMD …      CMD with an unlocked keyring
#   tests/secret_service.sh with PASSWORD CMD …   the same, unlocked with this password (a wrong one leaves it locked)
#   tests/secret_service.sh locked CMD …   CMD in a session where nobody unlocked anything
# HOME is taken as it is, so that a test can come back to the same keyring.
set -euo pipefail

programs=(dbus-run-session gnome-keyring-daemon secret-tool)
packages=(dbus dbus-daemon gnome-keyring libsecret-tools)

session() {
    # Where the variables of the login we run in would lead elsewhere, they are taken away.
    env -u DISPLAY -u WAYLAND_DISPLAY -u DBUS_SESSION_BUS_ADDRESS -u XDG_DATA_HOME dbus-run-session -- "$@"
}

unlocked() {
    password=$1
    shift
    session bash -c '
        printf %s "$0" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || true
        exec "$@"' "$password" "$@"
}

case "${1:-}" in
install)
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
    ;;
missing)
    for program in "${programs[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
    ;;
run)
    shift
    unlocked for-tests-only "$@"
    ;;
with)
    password=$2
    shift 2
    unlocked "$password" "$@"
    ;;
locked)
    shift
    session "$@"
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
