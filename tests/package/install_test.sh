#!/usr/bin/env bash
# Goal: what `./dev package` makes works on a machine that has never seen the source.
# Method: make the packages, unpack a clean Debian (debootstrap, minbase), install them there with
# apt as a ministry's administrator would, and run the main job with the installed programs.
# Speaks TAP. Needs root for the chroot. The clean tree and apt's downloads are kept in build/cache.
set -uo pipefail
build=$(realpath "${AWDA_BUILD:?the build folder}")
source=$(realpath "${AWDA_SOURCE:?the source folder}")
cache=$source/build/cache
work=$(mktemp -d "${TMPDIR:-/tmp}/awda-install.XXXXXX")
tree=$work/tree
tests=0

cleanup() {
    mountpoint -q "$tree/proc" && umount "$tree/proc"
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

skip_all() { echo "1..0 # SKIP $*"; exit 0; }

# check NAME COMMAND...: one test; the command's output is shown when it fails.
check() {
    local name=$1
    shift
    tests=$((tests + 1))
    if "$@" >"$work/log" 2>&1; then
        echo "ok $tests - $name"
        return 0
    fi
    echo "not ok $tests - $name"
    tail -n 60 "$work/log" | sed 's/^/# /'
    return 1
}

# Without this one nothing after it means anything.
must() { check "$@" || { echo "Bail out! $1"; exit 1; }; }

inside() { chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

# The archive that this machine's own Debian comes from.
mirror() {
    # shellcheck disable=SC2016  # apt expands it
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
        awk -v code="$VERSION_CODENAME" '$1 == code && $2 == "main" { print $3; exit }'
}

packages_are_made() {
    "$source/packaging/package.sh" "$build" "$work/debs" &&
        [ "$(find "$work/debs" -name '*.deb' | wc -l)" = 4 ]
}

# Both times with one date, since somebody may commit in between.
SOURCE_DATE_EPOCH=$(date +%s)
export SOURCE_DATE_EPOCH
packages_are_the_same_again() {
    "$source/packaging/package.sh" "$build" "$work/again" && diff -r "$work/debs" "$work/again"
}

# A tar of a clean tree, made once; an interrupted debootstrap leaves nothing behind.
clean_tree() {
    local tar=$cache/$VERSION_CODENAME-minbase.tar uri
    mkdir -p "$cache/archives" "$tree"
    if [ ! -f "$tar" ]; then
        uri=$(mirror)
        [ -n "$uri" ] || { echo "no mirror in apt's sources"; return 1; }
        debootstrap --variant=minbase "$VERSION_CODENAME" "$work/fresh" "$uri" || return 1
        rm -f "$work/fresh"/var/cache/apt/archives/*.deb
        tar -C "$work/fresh" -cf "$tar.new" . && mv "$tar.new" "$tar" || return 1
        rm -rf --one-file-system "$work/fresh"
    fi
    tar -C "$tree" -xpf "$tar" || return 1
    mount -t proc proc "$tree/proc" 2>/dev/null || true
    cp /etc/resolv.conf "$tree/etc/resolv.conf"
    apt-config dump | grep -E '^Acquire::(http|https|ftp)::Proxy' \
        >"$tree/etc/apt/apt.conf.d/90proxy"
    printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
    chmod 755 "$tree/usr/sbin/policy-rc.d"
}

# What the README asks of an administrator: backports on Debian 12, then apt.
apt_installs_them() {
    local uri
    uri=$(awk '$1 == "deb" { print $2; exit }' "$tree/etc/apt/sources.list")
    if [ "$VERSION_CODENAME" = bookworm ]; then
        echo "deb $uri bookworm-backports main" >"$tree/etc/apt/sources.list.d/backports.list"
    fi
    mkdir -p "$tree/debs"
    cp "$work"/debs/*.deb "$tree/debs/"
    cp -n "$cache"/archives/*.deb "$tree/var/cache/apt/archives/" 2>/dev/null
    inside apt-get -q update || return 1
    # shellcheck disable=SC2016  # the shell in the tree expands it
    inside sh -c 'DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
        -o APT::Keep-Downloaded-Packages=true /debs/*.deb python3' || return 1
    cp -u "$tree"/var/cache/apt/archives/*.deb "$cache/archives/" 2>/dev/null
    inside dpkg --audit
}

answers() {
    local program=$1 version
    version=$(inside "$program" --version) || return 1
    [[ $version == *[0-9].[0-9]* ]] || { echo "no version: $version"; return 1; }
    inside "$program" --help >/dev/null
}

nothing_is_unresolved() {
    local program libraries
    for program in awda awda-desk awda-central; do
        libraries=$(inside ldd "/usr/bin/$program") || return 1
        if grep 'not found' <<<"$libraries"; then return 1; fi
    done
}

no_path_of_the_build_is_inside() {
    local program
    for program in awda awda-desk awda-central; do
        [ -f "$tree/usr/bin/$program" ] || return 1
        if grep -aqF "$source/" "$tree/usr/bin/$program"; then
            strings -a "$tree/usr/bin/$program" | grep -F "$source/" | head -n 5
            return 1
        fi
    done
}

# Every file that the programs read at run time comes from a package: the tree has no source.
main_job_runs() {
    mkdir -p "$tree/job/build" "$tree/job/tests"
    cp -r "$source/packaging" "$tree/job/"
    cp -r "$source/tests/e2e" "$source/tests/data" "$tree/job/tests/"
    inside /job/packaging/run.sh --headless --bin /usr/bin
}

central_has_its_user() {
    inside getent passwd awda-central &&
        [ "$(inside stat -c '%U %a' /var/lib/awda-central)" = "awda-central 700" ]
}

purge_keeps_records() {
    inside sh -c 'echo record >/var/lib/awda-central/kept' || return 1
    inside DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y purge awda awda-desk awda-central awda-common || return 1
    [ -f "$tree/var/lib/awda-central/kept" ] && [ ! -e "$tree/usr/bin/awda" ] &&
        [ ! -e "$tree/usr/share/awda" ]
}

# shellcheck source=/dev/null
. /etc/os-release
[ "$(id -u)" = 0 ] || skip_all "needs root for debootstrap and chroot"
command -v debootstrap >/dev/null || skip_all "debootstrap is not installed"
chroot / true 2>/dev/null || skip_all "this machine does not allow chroot"

must "the packages are made" packages_are_made
check "the same commit makes the same packages, byte for byte" packages_are_the_same_again
must "a clean Debian tree is there" clean_tree
must "apt installs the packages into it" apt_installs_them
check "no library is missing" nothing_is_unresolved
check "no path of the build machine is in a program" no_path_of_the_build_is_inside
for program in awda awda-desk awda-central; do
    check "$program answers --version and --help" answers "$program"
done
check "the server has a user and a private folder" central_has_its_user
check "the main job runs with the installed programs" main_job_runs
check "purging removes the programs and keeps the records" purge_keeps_records
echo "1..$tests"
