# Series: what compose and check share. Sourced, bash.
#
# What lives here: the manifest, and the base, a git repository with the pristine version of
# those upstream files that a series is about. What does not: mails (compose), checks (check).
#
# patches/linux/{guest,host}/series and patches/qemu/series have one mail a line, in their order:
#
#	MESSAGE [NEW FILE...]
#
# MESSAGE is a file beside the manifest: NAME.patch in the format of git format-patch with the
# changes to upstream's files, or NAME.message, the same without a diff. The mail consists of
# that and of the new files named, patterns allowed, which are in this repository at upstream's
# paths (QEMU's below tools/qemu). A mail of the guest's series that adds files also brings our
# section of MAINTAINERS up to date there; for QEMU's the patches do. QEMU's mails have QEMU's
# indentation.

. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"

# series_names KIND: sets PATCHES (where the manifest is), NEW (top of the new files), PRISTINE,
# NEW_DIRS (directories of it that the series is about), BASE_DIRS (directories the base has as a
# whole), PREFIX, SECTION (of upstream's MAINTAINERS) and INDENT (gives a C file upstream's
# indentation)
series_names() {
	case $1 in
	guest)
		prepare
		PATCHES=$TOP/patches/linux/guest NEW=$TOP PRISTINE=$LINUX_SRC
		NEW_DIRS="drivers/gpu/drm/virtio include Documentation tools/testing"
		BASE_DIRS=drivers/gpu/drm/virtio
		PREFIX=PATCH SECTION="VIRTIO GPU AMDKFD CONTEXTS" INDENT=cat ;;
	host)
		prepare
		PATCHES=$TOP/patches/linux/host NEW=$TOP PRISTINE=$LINUX_SRC
		NEW_DIRS=drivers/gpu/drm/amd BASE_DIRS=drivers/gpu/drm/amd/amdkfd
		PREFIX=PATCH SECTION="AMD KFD" INDENT=cat ;;
	qemu)
		PATCHES=$TOP/patches/qemu NEW=$TOP/tools/qemu PRISTINE=$CACHE/qemu-source
		NEW_DIRS=. BASE_DIRS=
		PREFIX="PATCH QEMU" SECTION=virtio-gpu-amdkfd INDENT=$TOP/tools/series/qemu-indent ;;
	*)
		die "no such series: $1 (guest, host or qemu)" ;;
	esac
}

# mails: the manifest's lines without comments
mails() { sed 's/#.*//; /^[[:space:]]*$/d' "$PATCHES/series"; }

# new_files PATTERN...: the files that a mail introduces, relative to $NEW
new_files() {
	local p f found
	for p in "$@"; do
		found=$(cd "$NEW" && compgen -G "$p" | LC_ALL=C sort) || die "there is no $p"
		for f in $found; do
			[ ! -f "$NEW/$f" ] || echo "$f"
		done
	done
}

# add_file FILE: a new file into the tree at hand
add_file() {
	mkdir -p "$(dirname "$1")"
	cp -p "$NEW/$1" "$1"
	case $1 in *.[ch]) "$INDENT" <"$NEW/$1" >"$1" ;; esac
}

# all_new_files: what the manifest's mails introduce, in their order
all_new_files() {
	local message files
	mails | while read -r message files; do
		# shellcheck disable=SC2086
		(set -f; new_files $files)
	done
}

# make_base DIR: a repository with one commit, the pristine files
make_base() {
	local f
	rm -rf "$1" "$1.git"
	mkdir -p "$1"
	{
		cat "$PATCHES"/*.patch | sed -n 's,^--- a/\([^	]*\).*,\1,p'
		echo MAINTAINERS
		for f in $BASE_DIRS; do
			(cd "$PRISTINE" && find "$f" -type f)
		done
	} | LC_ALL=C sort -u | while read -r f; do
		[ -f "$PRISTINE/$f" ] || continue	# made by an earlier mail
		mkdir -p "$1/$(dirname "$f")"
		cp -p "$PRISTINE/$f" "$1/$f"
	done
	git -C "$1" init -q -b base --separate-git-dir="$(realpath "$1").git"
	git_in "$1" add -f .
	git_in "$1" commit -qm "$(basename "$PRISTINE")"
}

# git_in DIR ARGS...: git with the machine's settings and the time of day out of the way
git_in() {
	local dir=$1
	shift
	GIT_AUTHOR_DATE=$DATE GIT_COMMITTER_DATE=$DATE GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C "$dir" -c core.autocrlf=false \
		-c user.name="${AUTHOR% <*}" -c user.email="$(expr "$AUTHOR" : '.*<\(.*\)>')" \
		-c commit.gpgsign=false "$@"
}

# The mails' date: the last commit's
DATE=$(git -C "$TOP" log -1 --format=%cI)

# Who the cover letter is from: whom git knows here, else who made the last commit
AUTHOR="$(git -C "$TOP" config user.name || true) <$(git -C "$TOP" config user.email || true)>"
case $AUTHOR in
" <"* | *" <>") AUTHOR=$(git -C "$TOP" log -1 --format='%an <%ae>') ;;
esac

# in_tree TREE COMMAND...: like in_build, with TREE's files over those of the kernel's source
in_tree() {
	local tree=$1
	shift
	as_root mkdir -p "$BUILD/linux-source"
	# shellcheck disable=SC2016
	as_root unshare -m sh -ec 'root=$1 source=$2 tree=$3; shift 3
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		mount -t overlay overlay -o "lowerdir=$tree:$source" "$root/linux-source"
		exec chroot "$root" env -i HOME=/build PATH=/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin \
			CCACHE_DIR=/build/ccache LC_ALL=C "$@"' \
		sh "$BUILD" "$LINUX_SRC" "$tree" "$@" </dev/null
}
