#!/bin/sh
# rootfs.sh OUT ARCH LIST: the file system OUT from the Debian packages that LIST names, one a line; `+ NAME` stands for
# NAME and all it depends on. No maintainer script runs and nothing needs root. The Dockerfiles of the base images and
# `pnpm images` both make their file systems with it, from the Debian archive that the machine is set up for.
set -eu
out=$1 arch=$2 list=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
set -- -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root
if [ "$arch" != "$(dpkg --print-architecture)" ]; then
  # Lists of the other architecture, kept apart from the machine's own.
  mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
  set -- "$@" -o Dir::State="$work/state" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache"
  apt-get "$@" update >/dev/null
fi
plain=$(sed -n 's/#.*//; /^[a-z0-9]/p' "$list")
whole=$(sed -n 's/#.*//; s/^+ *//p' "$list")
if [ -n "$whole" ]; then
  plain="$plain $(apt-get "$@" -o Dir::State::status=/dev/null -o Debug::NoLocking=1 --no-install-recommends --print-uris install $whole |
    sed -n "s/^'.*' \([^_]*\)_.*\.deb .*/\1/p")"
fi
mkdir -p "$work/debs" "$out/var/lib/dpkg/status.d"
cd "$work/debs"
# A machine that was never set up to install anything has no lists yet.
apt-get "$@" download $plain >/dev/null || { apt-get "$@" update >/dev/null && apt-get "$@" download $plain >/dev/null; }
cd - >/dev/null
for deb in "$work"/debs/*.deb; do
  dpkg-deb -x "$deb" "$out"
  # Where scanners look for the packages of an image without a package manager.
  dpkg-deb -f "$deb" > "$out/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"
done
# Licences stay; what else only people read goes.
find "$out/usr/share/doc" -mindepth 2 ! -name copyright ! -type d -delete
find "$out/usr/share/doc" -mindepth 1 -type d -empty -delete
rm -rf "$out"/usr/share/man "$out"/usr/share/info "$out"/usr/share/lintian "$out"/usr/share/locale "$out"/usr/share/bug
if [ -d "$out/usr/share/ca-certificates" ]; then
  mkdir -p "$out/etc/ssl/certs"
  find "$out/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort | xargs cat > "$out/etc/ssl/certs/ca-certificates.crt"
fi
# What Debian's alternatives would link.
if [ -e "$out/usr/sbin/xtables-nft-multi" ]; then
  for family in iptables ip6tables; do
    for verb in "" -save -restore; do ln -sf xtables-nft-multi "$out/usr/sbin/$family$verb"; done
  done
fi
# Of users and groups that the images have not.
rm -rf "$out/root" "$out/var/local"
mkdir -p "$out/tmp" "$out/run"
chmod 1777 "$out/tmp"
