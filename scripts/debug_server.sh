#!/usr/bin/env bash
# Builds PostgreSQL from Debian's source with its assertions, its checks of memory contexts and its annotations for valgrind, once.
#
#   scripts/debug_server.sh VERSION DIRECTORY
#
# Runs as root inside a release of the matrix. The suppressions for valgrind come from the same source. What was interrupted while it
# compiled goes on from there.
set -euo pipefail
readonly version=$1 directory=$2
[[ ! -e $directory/ready ]] || exit 0

readonly configured=$directory/source/configured
if [[ ! -e $configured ]]; then
    rm -rf "$directory"
    mkdir -p "$directory/source"
    cd "$directory/source"
    sed 's/^deb /deb-src /' /etc/apt/sources.list > /etc/apt/sources.list.d/source.list
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 build-essential bison flex perl pkg-config dpkg-dev libicu-dev valgrind > /dev/null
    apt-get source -qq "postgresql-$version" > /dev/null
    cd "postgresql-$version"*/
    ./configure --quiet --prefix="$directory" --enable-cassert --enable-debug --without-readline --without-zlib --with-icu \
        CFLAGS='-O1 -g' CPPFLAGS=-DUSE_VALGRIND
    touch "$configured"
fi
cd "$directory/source/postgresql-$version"*/
# What fails may be half a file of an interrupted run: the next one begins anew.
if ! { make -s -j "$(nproc)" install && make -s -C src/test/isolation install; }; then
    rm -f "$configured"
    exit 1
fi
cp src/tools/valgrind.supp "$directory/"
rm -rf "$directory/source"
touch "$directory/ready"
