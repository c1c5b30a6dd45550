#!/usr/bin/env bash
# OpenSSH's server and client for the tests that go over a real SSH line on loopback. They start a private sshd with keys
# of its own; the system's, if there is one, is left alone.
#   tests/sshd.sh install   Debian's packages (needs root)
#   tests/sshd.sh missing   what is not installed; nothing where all is there
set -euo pipefail
PATH=$PATH:/usr/sbin:/usr/local/sbin

case "${1:-}" in
install)
    apt-get update -qq
    # No service is started by the installation: the tests start their own.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-server openssh-client
    ;;
missing)
    for program in sshd ssh ssh-keygen; do command -v "$program" >/dev/null || echo "$program"; done
    ;;
*)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
