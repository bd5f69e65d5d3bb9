# Machine room: what its scripts share. Sourced, bash.
#
# What lives here: progress lines, the cache, the private apt state, the build root. What does
# not: how one thing is built (build-*), how a guest runs (run). Nothing here changes the
# machine beyond installing the few host packages of ensure_host.

set -euo pipefail
VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM_DIR/../.." && pwd)
. "$VM_DIR/bases"
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/virtkfd
LOGS=$CACHE/logs
mkdir -p "$CACHE" "$LOGS"
: "${VK_T0:=$(date +%s)}"
export VK_T0

say() { printf '[%4ds] %s\n' $(($(date +%s) - VK_T0)) "$*" >&2; }
die() { say "error: $*"; exit 1; }

# step NAME COMMAND...: one progress line, the output in a log that is named on failure. The command
# ends at its first error, unless the step is a condition itself.
step() {
	local name=$1 log status errexit=+e
	shift
	log=$LOGS/${name//[^a-zA-Z0-9.]/-}.log
	say "$name"
	[[ $- != *e* ]] || errexit=-e
	set +e
	( set -e; "$@" ) >"$log" 2>&1
	status=$?
	set $errexit
	if [ $status != 0 ]; then
		tail -n 20 "$log" >&2
		die "$name failed; log: $log"
	fi
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# key WORD...: a short hash of the words and of the contents of what they name
key() {
	local w
	for w in "$@"; do
		if [ -d "$w" ]; then
			(cd "$w" && find . -type f | LC_ALL=C sort | xargs -r -d '\n' sha256sum)
		elif [ -f "$w" ]; then
			sha256sum <"$w"
		else
			echo "$w"
		fi
	done | sha256sum | cut -c1-12
}

# lock NAME: until the calling subshell ends
lock() {
	exec 9>"$CACHE/$1.lock"
	flock 9
}

# sync_tree SRC DST: copies what differs and keeps the time stamps of what does not
sync_tree() { mkdir -p "$2" && rsync -rlc --delete "${@:3}" "$1/" "$2/"; }

ensure_host() {
	local missing=() p
	for p in mmdebstrap debian-archive-keyring rsync cpio busybox-static kmod xz-utils \
		 e2fsprogs dpkg-dev patch git ca-certificates; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
			missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] && return
	as_root apt-get update -q
	as_root apt-get install -qy --no-install-recommends "${missing[@]}"
}

# The mirror that apt is set up with for Debian itself
mirror() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk -v c="$codename" '$2 == c && $3 == "main" { print $1; exit }'
}

# sources SUITE...: deb and deb-src lines for the suites
sources() {
	local m s keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	m=$(mirror)
	[ -n "$m" ] || die "apt knows no mirror of this Debian release: run apt-get update"
	for s in "$@"; do
		echo "deb [signed-by=$keyring] $m $s main"
		echo "deb-src [signed-by=$keyring] $m $s main"
	done
}

# apt_private TOOL ARGS...: apt with a state of its own, for looking up and downloading only.
# An install through it would put another release's packages on this machine.
APT_SUITES="$DEBIAN $LINUX_SUITE experimental"
apt_private() {
	case "$1 ${2-}" in
	"apt-get update" | "apt-get download" | "apt-get source" | "apt-cache "*) ;;
	*) die "apt_private only looks up and downloads, not: $*" ;;
	esac
	APT_CONFIG=$CACHE/apt/conf "$@"
}

# Its state, of which it forgets all if the suites are others
apt_setup() {
	local d=$CACHE/apt
	[ "$(cat "$d/suites" 2>/dev/null)" != "$APT_SUITES" ] || return 0
	rm -f "$d/updated"
	mkdir -p "$d/state/lists/partial" "$d/cache/archives/partial" "$d/none"
	: >"$d/status"
	# shellcheck disable=SC2086
	sources $APT_SUITES >"$d/sources.list"
	cat >"$d/conf" <<-EOF
	Dir::State "$d/state";
	Dir::State::status "$d/status";
	Dir::Cache "$d/cache";
	Dir::Etc::sourcelist "$d/sources.list";
	Dir::Etc::sourceparts "$d/none";
	Dir::Etc::preferencesparts "$d/none";
	Acquire::Check-Valid-Until "false";
	APT::Sandbox::User "";
	EOF
	echo "$APT_SUITES" >"$d/suites"
}

# Refreshes the package lists at most once a day
apt_refresh() {
	lock apt
	apt_setup
	if [ -z "$(find "$CACHE/apt/updated" -mtime -1 2>/dev/null)" ]; then
		apt_private apt-get update -q >&2 && touch "$CACHE/apt/updated"
	fi
	exec 9>&-
}

# memo NAME COMMAND...: the command's output, kept until the package lists are refreshed
memo() {
	local f=$CACHE/apt/memo-${1//[^a-zA-Z0-9.+-]/_}
	shift
	if [ ! -s "$f" ] || [ "$CACHE/apt/updated" -nt "$f" ]; then
		"$@" >"$f.$$" || { rm -f "$f.$$"; return 1; }
		mv "$f.$$" "$f"
	fi
	cat "$f"
}

# package REGEX: newest package of the kernel's suite whose whole name matches
package() {
	local p
	p=$(apt_private apt-cache pkgnames | grep -xE "$1" | sort -V | tail -n 1)
	[ -n "$p" ] || die "no package $1 in $LINUX_SUITE"
	echo "$p"
}

# version SUITE PACKAGE: which one the suite has
version() {
	local v
	v=$(apt_private apt-cache madison "$2" | awk -v s="$1/" 'index($0, s) { print $3; exit }')
	[ -n "$v" ] || die "package $2 is not in $1"
	echo "$v"
}

# fetch_deb SUITE PACKAGE DIR: unpacks a binary package below DIR, once for each version
fetch_deb() {
	local tmp v
	v=$(memo "version-$1-$2" version "$1" "$2")
	[ "$(cat "$3/.$2" 2>/dev/null)" = "$v" ] && return
	tmp=$(mktemp -d "$CACHE/tmp.XXXXXX")
	(cd "$tmp" && apt_private apt-get download -q "$2=$v")
	mkdir -p "$3"
	dpkg-deb -x "$tmp"/*.deb "$3"
	rm -rf "$tmp"
	echo "$v" >"$3/.$2"
}

# Names and places of the kernel in use; needs apt_refresh once
kernel_names() {
	LINUX_IMAGE=$(memo kernel package "linux-binary-unsigned-$LINUX_SERIES[.][0-9]+[+]deb13-amd64")
	KVER=${LINUX_IMAGE#linux-binary-unsigned-}
	KDIR=$CACHE/kernel-$KVER
	BUILD=$CACHE/build-$DEBIAN-$KVER
}

# The pristine source of the kernel series, in $LINUX_SRC
linux_source() {
	LINUX_SRC=$CACHE/linux-source/linux-source-$LINUX_SERIES
	[ -f "$LINUX_SRC/Makefile" ] && return
	lock linux-source
	if [ ! -f "$LINUX_SRC/Makefile" ]; then
		fetch_deb "$LINUX_SUITE" "linux-source-$LINUX_SERIES" "$CACHE/linux-source/deb"
		tar -C "$CACHE/linux-source" -xJf \
			"$CACHE/linux-source/deb/usr/src/linux-source-$LINUX_SERIES.tar.xz"
		rm -rf "$CACHE/linux-source/deb/usr"
	fi
	exec 9>&-
}

# The build root: Debian with compilers, the kernel's headers and QEMU's build dependencies
build_root() {
	local pkgs tmp
	pkgs=linux-headers-$KVER,make,gcc,kmod,pahole,sparse,libc6-dev,meson,ninja-build
	pkgs+=,pkgconf,flex,bison,bc,python3-venv,python3-pycotap,libglib2.0-dev
	pkgs+=,libpixman-1-dev,zlib1g-dev,libattr1-dev,libelf-dev,libssl-dev,ccache
	pkgs+=,libcmocka-dev,libmpfr-dev,libdrm-dev,llvm-19,clang-19,lld-19,git,xz-utils
	pkgs+=,rsync,perl,python3,python3-sphinx,seabios,qemu-system-data
	[ "$(cat "$BUILD/.packages" 2>/dev/null)" = "$pkgs" ] && return
	lock build-root
	if [ "$(cat "$BUILD/.packages" 2>/dev/null)" != "$pkgs" ]; then
		sources "$DEBIAN" "$LINUX_SUITE" >"$CACHE/build.list"
		tmp=$BUILD.new
		as_root rm -rf "$tmp"
		as_root mmdebstrap --variant=apt --include="$pkgs" \
			--aptopt='Acquire::Check-Valid-Until "false"' \
			"$DEBIAN" "$tmp" "$CACHE/build.list"
		as_root install -d -o "$(id -u)" "$tmp/build"
		echo "$pkgs" | as_root tee "$tmp/.packages" >/dev/null
		[ ! -d "$BUILD/build" ] || as_root cp -a "$BUILD/build/." "$tmp/build/"
		as_root rm -rf "$BUILD"
		as_root mv "$tmp" "$BUILD"
	fi
	exec 9>&-
}

# in_build COMMAND...: in the build root, with the kernel's source at /linux-source
in_build() {
	as_root mkdir -p "$BUILD/linux-source"
	as_root unshare -m sh -c 'root=$1; source=$2; shift 2
		mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" &&
		mount --bind "$source" "$root/linux-source" &&
		exec chroot "$root" env -i HOME=/build PATH=/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin \
			CCACHE_DIR=/build/ccache LC_ALL=C "$@"' sh "$BUILD" "$CACHE/linux-source/linux-source-$LINUX_SERIES" "$@"
}

# in_root IMAGE DIR COMMAND...: in a root of build-root, which stays as it is, with DIR at /mnt
in_root() {
	local place
	place=$(mktemp -d "$CACHE/tmp.XXXXXX") || return
	as_root unshare -m sh -c 'image=$1 dir=$2 place=$3; shift 3
		mount -o loop,ro "$image" "$place" && mount --rbind /dev "$place/dev" &&
		mount -t proc proc "$place/proc" && mount -t tmpfs tmpfs "$place/tmp" &&
		mount --bind "$dir" "$place/mnt" &&
		exec chroot "$place" env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"' \
		sh "$1" "$2" "$place" "${@:3}"
	set -- $?
	rmdir "$place"
	return "$1"
}

# The kernel's uAPI headers, sanitized, in the build root's $KHDRS: what Debian made of the
# same source package
KHDRS=/build/khdrs/usr/include
kernel_headers() { fetch_deb "$LINUX_SUITE" linux-libc-dev "$BUILD/build/khdrs"; }

# Everything a build needs; sets KVER, KDIR, BUILD, LINUX_SRC
prepare() {
	ensure_host
	apt_refresh
	kernel_names
	linux_source
	build_root
	kernel_headers
}
