# Programs whose kernels compute, by OpenCL and HIP of each ROCm release that Debian has. Sourced
# after lib.sh, bash.
#
# What lives here: which releases, and how the programs are called. What does not: the programs
# (programs/), how they are built (tools/vm/build-programs), in what machine they run (46-compute).

# compute_share SUITE: the programs of the release, in a new directory $share that is gone in the end
compute_share() {
	local built
	built=$("$VM_DIR/build-programs" "$1+clinfo+rocm-opencl-icd+hipcc") || return
	share=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$share'" EXIT
	cp "$CHECK_DIR"/guest/* "$built"/* "$share/"
}

# run_compute SUITE OPTIONS...: in a machine of tools/vm/run with these options
run_compute() {
	local suite=$1 programs
	shift
	has_root "$suite+clinfo+rocm-opencl-icd+hipcc" 'OpenCL and HIP' || return
	if ! compute_share "$suite"; then
		result 1 "the programs of $suite build"
		return
	fi
	programs=$(cd "$share" && printf '%s ' cl_* hip_*)
	# shellcheck disable=SC2086
	run_guest "kernels of $suite" --suite "$suite+clinfo+rocm-opencl-icd+hipcc" --share "$share" \
		--timeout 1200 "$@" -- /mnt/share/compute $programs
	rm -rf "$share"
}
