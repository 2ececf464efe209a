# Debian releases in folders of their own, for what needs another server or library than this machine has. Sourced, after lib.sh.
# shellcheck shell=bash

# `root`, the project, is set by the script.
: "${root:?}"
readonly releases_directory=${CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/segment-chroots}

# Sets `mirror` and what is needed to make a release.
prepare_releases() {
    ((EUID == 0)) || die "other Debian releases are installed by debootstrap and entered by chroot, which only root may"
    apt_update
    command -v debootstrap > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap > /dev/null ||
        die "debootstrap cannot be installed"
    # The first of apt's sources that is Debian itself, not its security updates.
    # shellcheck disable=SC2016  # apt-get's variables
    mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Identifier: Packages' | sed -n '/^Debian /{s///p;q}')
    [[ -n $mirror ]] || die "apt has no source for Debian's packages; is apt-get update missing?"
    mkdir -p "$releases_directory"
}

# install_release RELEASE: unless it is there. The marker is written last: what was interrupted begins anew.
install_release() {
    local release=$1 directory=$releases_directory/$1
    [[ ! -e $directory/etc/segment-ready ]] || return 0
    rm -rf "$directory"
    say "installing Debian $release in $directory"
    debootstrap --variant=minbase "$release" "$directory" "$mirror" > "$root/build/debootstrap-$release.log" 2>&1 ||
        { tail -n 20 "$root/build/debootstrap-$release.log"; return 1; }
    # Servers are started by the tests only.
    printf '#!/bin/sh\nexit 101\n' > "$directory/usr/sbin/policy-rc.d"
    chmod +x "$directory/usr/sbin/policy-rc.d"
    mkdir -p "$directory/etc/postgresql-common"
    echo 'create_main_cluster = false' > "$directory/etc/postgresql-common/createcluster.conf"
    # A mirror may hold a snapshot of a release that moves.
    echo 'Acquire::Check-Valid-Until "false";' > "$directory/etc/apt/apt.conf.d/90segment"
    install_in_release "$release" make ccache && touch "$directory/etc/segment-ready"
}

# install_in_release RELEASE PACKAGE...
install_in_release() {
    local release=$1
    shift
    in_release "$release" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" > /dev/null' apt "$@"
}

# copy_tree RELEASE: this tree, as a clone would have it, to /srv/segment; what was built there before is kept.
copy_tree() {
    local target=$releases_directory/$1/srv/segment
    mkdir -p "$target"
    find "$target" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    tar --create --exclude-vcs --exclude-vcs-ignores --exclude=./build --exclude=./.git . | tar --extract --no-same-owner --directory "$target"
}

# in_release RELEASE COMMAND...: with the file systems that a server needs.
in_release() {
    local directory=$releases_directory/$1
    shift
    # shellcheck disable=SC2016  # expanded inside
    in_mounts sh -ec '
        directory=$1
        shift
        mount -t proc proc "$directory/proc"
        mount --rbind /dev "$directory/dev"
        mount -t tmpfs tmpfs "$directory/dev/shm"
        exec chroot "$directory" env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            PATH=/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$directory" "$@"
}
