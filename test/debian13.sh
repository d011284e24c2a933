#!/bin/bash
# Does the tree build, and do its tests pass, with Debian 13's compiler and libraries? Makes a Debian 13 in a folder of its own
# (about 1.5 GB, kept for the next time), copies the tree into it, builds preset release and runs its tests.
#   test/debian13.sh [folder, default /var/tmp/finwatch-debian13]
# MIRROR names another mirror than the one that apt uses here. Needs root and debootstrap. Not a part of test/run.sh.
# The folder may be removed when it is no longer wanted; nothing stays mounted in it.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-/var/tmp/finwatch-debian13}
suite=trixie
[ "$(id -u)" -eq 0 ] || { echo "debian13: needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "debian13: apt-get install debootstrap" >&2; exit 2; }

# shellcheck disable=SC2016  # apt-get expands
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n 1)}
PROXY=""
eval "$(apt-config shell PROXY Acquire::http::Proxy)"
[ -z "$PROXY" ] || export http_proxy=$PROXY

if [ ! -e "$folder/etc/debian_version" ]; then
  echo "debian13: making a Debian 13 in $folder from $mirror"
  mkdir -p "$folder"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$folder" "$mirror" >"$folder.log" 2>&1 ||
    { tail -n 20 "$folder.log"; exit 1; }
fi
[ -z "$PROXY" ] || echo "Acquire::http::Proxy \"$PROXY\";" >"$folder/etc/apt/apt.conf.d/90proxy"

echo "debian13: copying the tree"
mkdir -p "$folder/src"
# Only what git knows, and without what it no longer knows; the build folder stays.
find "$folder/src" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -xf - -C "$folder/src"
cat >"$folder/build-and-test" <<'END'
#!/bin/bash
set -euo pipefail
cd /src
echo "debian13: installing packages"
mapfile -t packages < <(grep -vE '^ *(#|$)' deploy/packages/build.txt)
# What single tests use; the others skip themselves.
packages+=(e2fsprogs iproute2 mount openssl procps python3)
apt-get -qq -o APT::Sandbox::User=root update
apt-get -qq -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${packages[@]}" >/install.log 2>&1 ||
  { tail -n 20 /install.log; exit 1; }
cmake --preset release
echo "debian13: building"
cmake --build --preset release
dpkg-query -W g++ cmake catch2 libmicrohttpd-dev libyaml-cpp-dev libre2-dev libgnutls28-dev libisal-dev prometheus-cpp-dev
ctest --preset release
END
chmod 755 "$folder/build-and-test"

[ -s "$folder/etc/hosts" ] || echo "127.0.0.1 localhost" >"$folder/etc/hosts"

# In namespaces of its own, so that nothing stays mounted however this ends and process 1 sees the same mounts; its root is changed, not only its folder, so that
# the table of mounts is the one that the tests see.
# shellcheck disable=SC2016  # the inner shell expands
unshare --mount --pid --fork --kill-child --propagation private -- bash -euc '
  mount --bind "$1" "$1"
  mount -t proc proc "$1/proc"
  mount --rbind /sys "$1/sys"
  mount --rbind /dev "$1/dev"
  mount -t tmpfs tmpfs "$1/tmp"
  cp /etc/resolv.conf "$1/etc/resolv.conf" 2>/dev/null || true
  cd "$1"
  mkdir -p old
  pivot_root . old
  umount -l /old
  exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive /build-and-test
' _ "$folder"
echo "debian13: it builds and its tests pass"
