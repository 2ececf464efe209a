#!/usr/bin/env bash
# pg_upgrade from PostgreSQL 17 to 18 with populations, segments and members, in a chroot of the Debian release that has 18, to which
# the packages of 17 are added from the release before. As scripts/matrix.sh, for root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly root=$PWD
# shellcheck source=scripts/lib.sh
source scripts/lib.sh
# shellcheck source=scripts/chroot.sh
source scripts/chroot.sh

readonly debian=sid old_debian=trixie old=17 new=18

mkdir -p build
prepare_releases
install_release "$debian"
copy_tree "$debian"
say "installing PostgreSQL $old and $new"
echo "deb $mirror $old_debian main" > "$releases_directory/$debian/etc/apt/sources.list.d/old.list"
install_in_release "$debian" make g++ libeigen3-dev libboost-dev "postgresql-$old" "postgresql-server-dev-$old" "postgresql-$new" "postgresql-server-dev-$new"
in_release "$debian" bash /srv/segment/test/upgrade/run.sh "$old" "$new"
