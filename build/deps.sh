#!/bin/sh
# Installs what the tests need on Debian or Ubuntu: a real SSH server, NBD over FUSE for faulty drives, and the tools
# whose words the runner has to understand; with "window" what builds the window, with "page" the browser that the page
# is tested in, with "screen" a display in memory and what reads it, with "go" or "node" the distribution's Go or Node.
# Says what is missing where it cannot install.
set -eu
need="git gcc libc6-dev openssh-server nbdkit libnbd-bin fuse3 smartmontools e2fsprogs sudo xfsprogs btrfs-progs lvm2 mdadm cryptsetup-bin gdisk dosfstools gnome-keyring dbus iproute2"
# What builds the window.
window="libgtk-3-dev libwebkit2gtk-4.1-dev pkg-config gcc libc6-dev"
# What takes the pictures of the README.
shots="xvfb xdotool imagemagick"
case ${1:-} in
go) need="golang-go ca-certificates" ;;
node) need="nodejs npm ca-certificates" ;;
window) need=$window ;;
shots) need=$shots ;;
page) need=chromium ;;
screen) need="xvfb at-spi2-core dbus-daemon" ;;
esac
missing=""
for p in $need; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "build/deps.sh: install these first:$missing" >&2
	exit 1
fi
root=""
[ "$(id -u)" = 0 ] || root="sudo"
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get -o DPkg::Lock::Timeout=300 -qq update
# shellcheck disable=SC2086
$root apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends $missing >/dev/null
