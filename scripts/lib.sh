# Shared by the scripts: messages, packages, the server to work with, an unprivileged user. Sourced, from the project's folder.
# shellcheck shell=bash

PG_CONFIG=${PG_CONFIG:-pg_config}
# A script works on servers of its own: where the environment points to another one, or wants something of make, is no business of it.
for variable in "${!PG@}"; do
    [[ $variable == PG_CONFIG ]] || unset "$variable"
done
unset variable MAKEFLAGS MFLAGS MAKELEVEL

say() {
    if [[ -t 1 ]]; then printf '\033[1m==> %s\033[0m\n' "$*"; else printf '==> %s\n' "$*"; fi
}
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

server_found() {
    local pgxs bindir
    pgxs=$("$PG_CONFIG" --pgxs 2> /dev/null) && bindir=$("$PG_CONFIG" --bindir) && [[ -e $pgxs && -x $bindir/initdb ]]
}

# install_packages PACKAGE...: what of these and of PostgreSQL itself is missing. A server that PG_CONFIG finds is taken as it is.
install_packages() {
    local wanted=("$@") missing=() package as_root=()
    if ! command -v apt-get > /dev/null; then
        server_found && return
        die "$PG_CONFIG finds no PostgreSQL with its development files; the README tells what to install on this system"
    fi
    if ! server_found; then
        [[ $PG_CONFIG == pg_config ]] || die "$PG_CONFIG finds no PostgreSQL with its development files"
        ((EUID)) || apt_update
        package=$(apt-cache depends postgresql | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
        [[ -n $package ]] || die "apt-get knows no PostgreSQL; is apt-get update missing?"
        wanted+=("postgresql-$package" "postgresql-server-dev-$package")
    fi
    for package in "${wanted[@]}"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^ii' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID)); then
        command -v sudo > /dev/null || die "these packages are missing, install them as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]} (apt-get, takes about a minute)"
    apt_update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        -o Dpkg::Use-Pty=0 > build/apt.log 2>&1 || { cat build/apt.log >&2; die "apt-get failed"; }
    server_found || die "$PG_CONFIG still finds no PostgreSQL with its development files"
}

apt_update() {
    [[ -z ${apt_is_fresh:-} ]] || return 0
    "${as_root[@]}" apt-get update -qq || say "apt-get update failed; going on with the lists there are"
    apt_is_fresh=1
}

# Sets what the other functions and the scripts need to know of the server.
find_server() {
    bindir=$("$PG_CONFIG" --bindir)
    pgxs=$("$PG_CONFIG" --pgxs)
    if ((EUID == 0)); then
        id postgres > /dev/null 2>&1 || die "PostgreSQL does not run as root, and there is no user postgres to run it as"
        server_user=postgres
    else
        server_user=$(id -un)
    fi
}

# The command, as the user that may run a server. It needs a current directory that this user can read.
as_server_user() {
    if [[ $server_user == "$(id -un)" ]]; then
        "$@"
    else
        runuser -u "$server_user" -- "$@"
    fi
}

# in_mounts COMMAND...: what it mounts nobody else sees, and it ends with the command. For root.
in_mounts() {
    local propagation=private
    # Where the root is itself a chroot it is no mount point, whose propagation could be changed.
    unshare --mount true 2> /dev/null || propagation=unchanged
    unshare --mount --propagation "$propagation" "$@"
}

processors() { nproc 2> /dev/null || getconf _NPROCESSORS_ONLN; }

server_control() { (cd "$1" && as_server_user "$bindir/pg_ctl" --pgdata="$1" --silent "${@:2}"); }
server_runs() { server_control "$1" status > /dev/null 2>&1; }

# stop_server DATA: at once, without a checkpoint: what it holds is about to be removed.
stop_server() { ! server_runs "$1" || server_control "$1" --mode=immediate stop; }

# init_cluster HOME: initdb in HOME/data and a server that listens on a socket in HOME only; more settings from standard input.
init_cluster() {
    local home=$1
    (cd "$home" && as_server_user "$bindir/initdb" --pgdata="$home/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync > initdb.log) ||
        { cat "$home/initdb.log" >&2; die "initdb failed"; }
    {
        cat <<- END
			listen_addresses = ''
			unix_socket_directories = '$home'
			unix_socket_permissions = 0700
			port = 5432
		END
        cat
    } | as_server_user tee -a "$home/data/postgresql.conf" > /dev/null
    start_server "$home"
}

start_server() {
    server_control "$1/data" --log="$1/server.log" --wait start || { tail -n 20 "$1/server.log" >&2; die "the server does not start"; }
}

server_settings() { "$bindir/postgres" --describe-config | cut -f 1; }

# stage_extension INSTALL COMMAND...: installs the extension under INSTALL, where nobody else's server finds it. COMMAND is the make to use.
stage_extension() {
    local install=$1
    shift
    if [[ $(server_settings) == *extension_@(destdir|control_path)* ]]; then
        "$@" install DESTDIR="$install" > "$install.log"
    else
        say "installing the extension in the server (it cannot load one from elsewhere)"
        "$@" install
    fi
}

# staged_settings INSTALL [LIBRARY_PATH]: settings under which a server finds it there: Debian's own up to 17, PostgreSQL's own from 18 on.
staged_settings() {
    local library_path=${2:-}
    if [[ $(server_settings) == *extension_destdir* ]]; then
        echo "extension_destdir = '$1'"
    elif [[ $(server_settings) == *extension_control_path* ]]; then
        echo "extension_control_path = '$1$("$PG_CONFIG" --sharedir):\$system'"
        library_path+=${library_path:+:}$1$("$PG_CONFIG" --pkglibdir)
    fi
    echo "dynamic_library_path = '${library_path:+$library_path:}\$libdir'"
}
