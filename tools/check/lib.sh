# Suites: what they share. Sourced, bash.
#
# What lives here: printing TAP, running something in a guest. What does not: counting (tap),
# the order and the sum (run).
#
# A suite is an executable NN-name beside this file. It prints TAP, with a subtest for each
# program that prints TAP itself, and its plan last; what it prints besides is for the log.
# What it cannot find out on a machine is a skip with its reason.

. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
set +e
CHECK_DIR=$TOP/tools/check
tests=0

# result STATUS NAME [REASON]: 0 passed, 4 or 77 skipped, everything else failed
result() {
	tests=$((tests + 1))
	case $1 in
	0) echo "ok $tests - $2" ;;
	4 | 77) echo "ok $tests - $2 # SKIP ${3-}" ;;
	*) echo "not ok $tests - $2" ;;
	esac
}

# test_command NAME COMMAND...: passes if the command succeeds; its output goes to the log
test_command() {
	local name=$1 status
	shift
	( set -e; "$@" ) >&2
	status=$?
	result $status "$name"
	return $status
}

# subtest NAME COMMAND...: the command prints TAP
subtest() {
	local name=$1
	shift
	echo "# Subtest: $name"
	"$@" | sed 's/^/    /'
	result "${PIPESTATUS[0]}" "$name"
}

done_testing() { echo "1..$tests"; }

# skip_suite REASON
skip_suite() { echo "1..0 # SKIP $1"; exit 0; }

# guest_programs DIR: the kselftests and the scripts of guest/, ready for run --share
guest_programs() {
	local program
	prepare
	sync_tree "$TOP/tools/testing" "$BUILD/build/src/tools/testing"
	sync_tree "$TOP/include" "$BUILD/build/src/include"
	in_build make -s -j"$(nproc)" -C /build/src/tools/testing/selftests/kfd O=/build/kselftest \
		KSRC=/linux-source KHDRS="$KHDRS" >&2 || return
	mkdir -p "$1"
	cp "$CHECK_DIR"/guest/* "$1/"
	# What another source left there is not ours
	for program in "$TOP"/tools/testing/selftests/kfd/kfd_*.c; do
		program=$BUILD/build/kselftest/$(basename "$program" .c)
		[ ! -x "$program" ] || cp "$program" "$1/"
	done
}

# verdicts: from a program's TAP, a line each: test, passed, failed or skipped
verdicts() {
	sed -n -E 's/^ *ok [0-9]+ ([^ ]+) # SKIP.*/\1 skipped/p; s/^ *ok [0-9]+ ([^ #]+)$/\1 passed/p
		s/^ *not ok [0-9]+ ([^ ]+).*/\1 failed/p'
}

# program_verdicts PROGRAM: those of the subtest PROGRAM in TAP
program_verdicts() {
	sed -n "/^# Subtest: $1\$/,/^[a-z]/p" | grep '^    ' | verdicts
}

# build_shim: the library at $SHIM in the build root, with which programs have the soft backend
SHIM=/build/shim/libvirtkfd-shim.so
build_shim() {
	prepare
	(
		lock qemu
		for dir in include tools/softgpu tools/virtkfd tools/shim; do
			sync_tree "$TOP/$dir" "$BUILD/build/src/$dir"
		done
		in_build make -s -j"$(nproc)" -C /build/src/tools/shim O=/build/shim \
			KHDRS="$KHDRS" SOFTGPU=/build/softgpu &&
		mkdir -p "$BUILD/build/shim/tmp"
	)
}

# has_root ROOT NAME: can build-root make it; else NAME is a skip. Of the stable release it can
has_root() {
	"$VM_DIR/build-root" "$1" >/dev/null
	[ $? != 77 ] || [ "${1%%+*}" = "$DEBIAN" ] && return
	result 77 "$2 of ${1%%+*}" "cannot be installed today"
	return 1
}

# A guest that talks with its suite: guest_start OPTIONS... -- COMMAND..., hear, go and monitor,
# then guest_end NAME. The words travel as files in $share, see guest/lib.sh.
guest_start() {
	rm -f "$share"/said.* "$share"/go.* "$share/monitor" "$share/out"
	"$VM_DIR/run" --share "$share" --monitor "$share/monitor" "$@" >"$share/out" 9>&- &
	guest=$!
}

# hear WORD: until the guest has said it; fails if it takes minutes or the guest ends before
hear() {
	local i
	for ((i = 0; i < 3000; i++)); do
		[ ! -e "$share/said.$1" ] || return 0
		kill -0 "$guest" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

go() { : >"$share/go.$1"; }

monitor() { "$VM_DIR/monitor" "$share/monitor" "$*"; }

# guest_end NAME: the guest's own tests as a subtest
guest_end() {
	local status
	wait "$guest"
	status=$?
	echo "# Subtest: $1"
	sed 's/^/    /' "$share/out"
	result $status "$1"
}

# host_counts: what the device has alive, "contexts 1 ...", in a line and without the traffic
host_counts() {
	monitor info virtio-gpu-amdkfd | sed -n 's/^  \([a-z-]*\): \([0-9]*\)$/\1 \2/p' |
		grep -Ev '^(commands|requests|notifications|doorbells) ' | tr '\n' ' '
}

# run_guest NAME OPTIONS... -- COMMAND...: a subtest whose command prints TAP in a guest
run_guest() {
	local name=$1
	shift
	subtest "$name" "$VM_DIR/run" "$@"
}
