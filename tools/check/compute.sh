# Programs whose kernels compute, by OpenCL and HIP of the ROCm releases that Debian has. Sourced after
# lib.sh, bash.
#
# What lives here: how the programs are handed to a machine of tools/vm/run and called there. What does
# not: the programs (programs/), how they are built (tools/vm/build-programs), in which machines they
# run (46-compute, 86-host-compute, 95-chain-compute).

# run_compute NAME SUITE SCRIPT OPTIONS...: all of the release's programs, by a script of guest/
run_compute() {
	local name=$1 root=$2+clinfo+rocm-opencl-icd+hipcc script=$3 built programs share
	shift 3
	has_root "$root" "$name" || return
	if ! built=$("$VM_DIR/build-programs" "$root"); then
		result 1 "$name: the programs build"
		return
	fi
	share=$(mktemp -d)
	cp "$CHECK_DIR"/guest/* "$built"/* "$share/"
	programs=$(cd "$share" && printf '%s ' cl_* hip_*)
	# shellcheck disable=SC2086
	run_guest "$name" --suite "$root" --share "$share" --timeout 1500 "$@" -- \
		"/mnt/share/$script" $programs
	rm -rf "$share"
}
