#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2053  # formats that apt and dpkg expand; a rule that is a pattern
# Installs what Awda needs on Debian 12 or 13: packaging/setup.sh SECTION...
#
# Sections are those of packages.txt. Quiet and fast when nothing is missing. What it may change
# outside the checkout: it installs packages, and on Debian 12 adds one apt source,
# bookworm-backports (for SQLCipher 4.6.1). Dear ImGui's source and the Vazirmatn font come from
# Debian 13 through an apt state of their own, so that the machine's apt never sees that suite; apt
# verifies the archive's signatures, and both versions are pinned here.
set -euo pipefail

imgui_version=1.90.1+ds-1
font_version=33.003-3
donor_suite=trixie

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$(realpath -m "${AWDA_DEPS:-$root/build/deps}")
list=$root/packaging/packages.txt
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
backports_file=/etc/apt/sources.list.d/awda-bookworm-backports.sources
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
    else
        die "needs root to run: $* (become root, or install sudo)"
    fi
}

# Runs a command with its output kept back, and shown only when it fails.
quietly() {
    local log=$deps/setup.log
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "failed: $*"; }
}

# Prints `package version-rule suite` for the sections asked for.
wanted() {
    awk -v sections=" $* " '
        /^#/ || NF == 0 { next }
        /^\[/ { on = index(sections, " " substr($1, 2, length($1) - 2) " ") > 0; next }
        on && !seen[$1]++ {
            rule = "-"; suite = "-"
            for (i = 2; i <= NF; ++i) if ($i ~ /^[=>]/) rule = $i; else suite = $i
            print $1, rule, suite
        }' "$list"
}

# True when an installed version obeys a rule of packages.txt.
obeys() {
    local version=$1 rule=$2
    case $rule in
        -) true ;;
        '>='*) dpkg --compare-versions "$version" ge "${rule#>=}" ;;
        '='*) [[ $version == ${rule#=} ]] ;;   # unquoted: the rule is a pattern
        *) die "packages.txt: unknown version rule $rule" ;;
    esac
}

# Prints the lines of wanted() that are not installed as they should be.
missing() {
    local -A have=()
    local status name version rule suite lines
    lines=$(wanted "$@")
    while read -r status name version; do
        [[ $status == ii* ]] && have[$name]=$version
    done < <(awk '{print $1}' <<<"$lines" |
        xargs dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' 2>/dev/null || true)
    while read -r name rule suite; do
        [ -n "$name" ] || continue
        if [ -z "${have[$name]:-}" ] || ! obeys "${have[$name]}" "$rule"; then
            printf '%s %s %s\n' "$name" "$rule" "$suite"
        fi
    done <<<"$lines"
}

# apt tells of its sources only once it has their lists, which container images throw away.
update_apt() { quietly as_root apt-get -q -o DPkg::Lock::Timeout=900 update; }

# The archive this machine installs its Debian from, as its own apt sources name it.
mirror() {
    local uri
    uri=$(first_mirror)
    if [ -z "$uri" ]; then
        update_apt
        uri=$(first_mirror)
    fi
    [ -n "$uri" ] || die "no apt source for Debian $VERSION_CODENAME main: cannot tell the mirror"
    printf '%s\n' "$uri"
}

first_mirror() {
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
        awk -v code="$VERSION_CODENAME" '$2 == "main" && ($1 == code || $1 == "stable" ||
            $1 == "oldstable") { print $3; exit }'
}

has_backports() {
    apt-get indextargets --format '$(RELEASE)' 'Identifier: Packages' |
        grep -qx bookworm-backports
}

add_backports() {
    local uri
    if [ "$VERSION_CODENAME" != bookworm ] || [ -e "$backports_file" ]; then return 0; fi
    uri=$(mirror)
    if has_backports; then return 0; fi
    say "adding the apt source bookworm-backports ($backports_file)"
    printf '%s\n' '# Added by Awda: SQLCipher 4.6.1. Nothing else is taken from here unasked.' \
        'Types: deb' "URIs: $uri" 'Suites: bookworm-backports' 'Components: main' \
        "Signed-By: $keyring" | as_root tee "$backports_file" >/dev/null
}

apt_install() {
    local name rule suite
    local -a names=()
    while read -r name rule suite; do
        case $rule in
            '='*) names+=("$name$rule") ;;
            *) names+=("$name") ;;
        esac
        [ "$suite" != backports ] || add_backports
    done <<<"$1"
    say "installing ${#names[@]} Debian packages: ${names[*]}"
    update_apt
    quietly as_root apt-get -q -y -o DPkg::Lock::Timeout=900 \
        install --no-install-recommends --allow-downgrades "${names[@]}"
}

# An apt of our own under $1: one suite, Debian's keyring, no file of the machine's apt read but its
# settings (proxies), none written. $2 is the mirror.
isolated_apt() {
    local state=$1
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : >"$state/status"
    printf '%s\n' 'Types: deb deb-src' "URIs: $2" "Suites: $donor_suite" 'Components: main' \
        "Signed-By: $keyring" >"$state/donor.sources"
    cat >"$state/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Cache::archives "$state/archives";
Dir::Etc::sourcelist "$state/donor.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "$(id -un)";
CONF
}

# Dear ImGui's source in $deps/imgui, the font in $deps/fonts: unpacked aside, moved into place.
fetch_donors() {
    local stamp=$deps/donors work state uri
    if [ "$(cat "$stamp" 2>/dev/null)" = "$imgui_version $font_version" ]; then return 0; fi
    say "fetching Dear ImGui $imgui_version and Vazirmatn $font_version from Debian $donor_suite"
    uri=$(mirror)
    work=$(mktemp -d "$deps/fetch.XXXXXX")
    state=$work/apt
    isolated_apt "$state" "$uri"
    quietly apt-get -q -c "$state/apt.conf" update
    cd "$work"
    quietly apt-get -q -c "$state/apt.conf" source --only-source --download-only \
        "imgui=$imgui_version"
    quietly dpkg-source --no-copy -x "imgui_$imgui_version.dsc" imgui
    quietly apt-get -q -c "$state/apt.conf" download "fonts-vazirmatn=$font_version"
    quietly dpkg-deb -x fonts-vazirmatn_*.deb font
    mkdir fonts
    cp font/usr/share/fonts/truetype/vazirmatn/Vazirmatn-{Regular,Bold}.ttf fonts/
    cp font/usr/share/doc/fonts-vazirmatn/copyright fonts/Vazirmatn-copyright
    rm -rf "$deps/imgui" "$deps/fonts" "$stamp"
    mv imgui fonts "$deps/"
    cd "$root"
    rm -rf "$work"
    printf '%s\n' "$imgui_version $font_version" >"$stamp"
}

[ $# -gt 0 ] || die "usage: packaging/setup.sh SECTION..."
[ -r /etc/os-release ] || die "this is not Debian: /etc/os-release is missing"
# shellcheck source=/dev/null
. /etc/os-release
case ${ID:-}:${VERSION_CODENAME:-} in
    debian:bookworm | debian:trixie) ;;
    *) die "only Debian 12 (bookworm) and 13 (trixie) are supported, not ${PRETTY_NAME:-this}" ;;
esac

mkdir -p "$deps"
exec 9>"$deps/setup.lock"
flock 9   # two runs of ./dev at once must not both install

todo=$(missing "$@")
[ -z "$todo" ] || apt_install "$todo"
todo=$(missing "$@")
[ -z "$todo" ] || die "still not as packages.txt asks: $(xargs <<<"$todo")"
case " $* " in *' build '*) fetch_donors ;; esac
