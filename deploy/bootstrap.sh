#!/bin/sh
# Brings a Debian or Ubuntu machine to where Yika runs: system packages, .venv, Python packages.
#
#   deploy/bootstrap.sh demo [pcsc]    what `make demo` needs
#   deploy/bootstrap.sh test           what `make test` and `make bench` need
#
# Only what is missing is installed, so a second run takes a moment. Everything is said on stderr.
# PYTHON chooses the interpreter (3.11 or newer) for a new .venv; CHROMIUM a browser of your own.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'yika: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- system packages --------------------------------------------------------------------------

# Names in the given lists, one line each, comments and blank lines left out.
wanted() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
available() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

# A choice (`a | b`) is also met by a command of that name, e.g. a browser installed as a snap.
met() {
    case $1 in *'|'*) choice=yes ;; *) choice=no ;; esac
    for name in $(printf '%s' "$1" | tr '|' ' '); do
        if installed "$name"; then return 0; fi
        if [ "$choice" = yes ] && command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

# The first name of a choice that apt knows; the first name of all when it knows none.
pick() {
    names=$(printf '%s' "$1" | tr '|' ' ')
    for name in $names; do
        if available "$name"; then printf '%s\n' "$name"; return; fi
    done
    printf '%s\n' "${names%% *}"
}

missing_from() { wanted "$@" | while read -r line; do met "$line" || printf '%s\n' "$line"; done; }
pick_each() { while read -r line; do pick "$line"; done; }

# Sets `root` to the words that make a command run as root.
become_root() {
    if [ "$(id -u)" = 0 ]; then root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root='sudo -n'
    elif command -v sudo >/dev/null 2>&1 && [ -t 2 ]; then root=sudo
    else
        die "Some system packages are missing, and this account can neither be root nor use sudo." \
            "Please ask an administrator to run:  apt-get install $*"
    fi
}

apt() {
    # shellcheck disable=SC2086  # $root is meant to be split
    $root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null >/dev/null
}

# Takes package lines on stdin and installs them.
install_packages() {
    lines=$(cat)
    [ -n "$lines" ] || return 0
    # shellcheck disable=SC2046  # one word a package
    set -- $(printf '%s\n' "$lines" | pick_each)
    become_root "$@"
    say "installing system packages: $*"
    refreshed=no
    for name; do
        if ! available "$name"; then refreshed=yes; fi
    done
    if [ "$refreshed" = yes ]; then
        apt update || die "The package lists could not be fetched; the lines above say why."
        # shellcheck disable=SC2046
        set -- $(printf '%s\n' "$lines" | pick_each)
    fi
    if apt install -y --no-install-recommends "$@"; then return 0; fi
    # Old package lists name files that are no longer there.
    if [ "$refreshed" = no ] && apt update && apt install -y --no-install-recommends "$@"; then
        return 0
    fi
    die "System packages could not be installed; the lines above say why."
}

# system_packages LIST...: install what is missing of the lists and of the Python to be used.
system_packages() {
    if command -v apt-get >/dev/null 2>&1; then
        { missing_from "$@" && printf '%s' "$python_parts"; } | install_packages
    else
        say "This is neither Debian nor Ubuntu, so nothing is installed here by itself." \
            "Needed are the counterparts of: $(wanted "$@" | tr '\n' ' ')"
    fi
}

# The browser may be a snap, which apt can't promise; without one the screens go untested.
need_browser() {
    for name in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    die "No Chromium was found, and the tests drive the screens with it. On Ubuntu it is a snap:" \
        "sudo snap install chromium.  Or set CHROMIUM to the path of one you have."
}

# --- Python -----------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# A .venv is good where it was made, with its Python still there.
good_venv() {
    [ -x .venv/bin/python ] && new_enough .venv/bin/python &&
        .venv/bin/python -c 'import pip' 2>/dev/null &&
        { [ ! -e .venv/.yika-place ] || [ "$(cat .venv/.yika-place)" = "$(pwd -P)" ]; }
}

# Sets `python` to the interpreter for a new .venv, and `python_parts` to the packages it lacks:
# Debian splits venv and the C headers off its Python; other Pythons bring them along.
# The distribution's own goes first: it is built with every optimization, and one that somebody
# compiled in a home folder, whose name comes first on PATH, often is not.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11
    fi
    for python; do
        if new_enough "$python"; then break; fi
        python=''
    done
    if [ -z "$python" ]; then
        found=$("$1" -V 2>/dev/null || true)
        die "Yika needs Python 3.11 or newer, and $1 is: ${found:-not there}." \
            "Debian 12 and Ubuntu 24.04 have it as python3; or set PYTHON to the path of one."
    fi
    python_parts=$("$python" - <<'END'
import importlib.util, os, sys, sysconfig
debian = f"python{sys.version_info.major}.{sys.version_info.minor}"
header = os.path.join(sysconfig.get_path("include"), "Python.h")
lacking = [] if importlib.util.find_spec("ensurepip") else ["venv"]
lacking += [] if os.path.exists(header) else ["dev"]
if lacking and sys.base_prefix != "/usr":
    print("lacking")
else:
    print(*(f"{debian}-{part}" for part in lacking), sep="\n")
END
    )
    if [ "$python_parts" = lacking ]; then
        die "The Python at $(command -v "$python") came without venv or its C headers (Python.h)." \
            "Set PYTHON to another one, e.g. PYTHON=/usr/bin/python3."
    fi
}

make_venv() {
    say "making .venv with $("$python" -V)"
    rm -rf .venv
    "$python" -m venv .venv >&2 || die "Python could not make a virtual environment in .venv."
}

# What an installation depends on; it is made anew when one of them changes.
fingerprint() { cat pyproject.toml requirements.lock | cksum; }

# python_packages EXTRA: install `yika[EXTRA]` into .venv at the versions of requirements.lock.
python_packages() {
    [ -z "$python" ] || make_venv
    for stamp in ".venv/.yika-$1" .venv/.yika-dev; do
        if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]; then return 0; fi
    done
    say "installing Python packages into .venv (the first time takes a minute or two)"
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --progress-bar off \
        --constraint requirements.lock --editable ".[$1]" >&2 ||
        die "Python packages could not be installed; the lines above say why."
    pwd -P >.venv/.yika-place
    fingerprint >".venv/.yika-$1"
}

# --- which parts ------------------------------------------------------------------------------

case "$*" in
    demo) extra=demo; set -- demo ;;
    'demo pcsc') extra=demo; set -- demo pcsc ;;
    test) extra=dev; set -- demo pcsc test ;;
    *) die "usage: deploy/bootstrap.sh demo [pcsc] | test" ;;
esac

python='' python_parts=''
good_venv || find_python
# shellcheck disable=SC2046  # one word a list
system_packages $(printf 'deploy/debian-%s.txt ' "$@")
[ "$extra" = demo ] || need_browser
python_packages "$extra"
