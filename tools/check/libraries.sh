# ROCm's libraries as Debian has them, rocRAND, rocPRIM, hipCUB and rocBLAS. Sourced after lib.sh, bash.
#
# What lives here: how programs that use them, and rocRAND's own tests, are handed to a machine of
# tools/vm/run. What does not: the programs (programs/rocm_*), how they are built
# (tools/vm/build-libraries), in which machines they run (71-rocm-libraries, 87-host-libraries,
# 97-chain-libraries).

# run_libraries SUITE TARGET SCRIPT OPTIONS...: those of a suite, on a GPU of that kind, by a script of
# guest/; rocRAND's own tests only by compute
run_libraries() {
	local suite=$1 target=$2 root=$1+clinfo+rocm-opencl-icd+hipcc script=$3 built programs share
	shift 3
	has_root "$root" "libraries of $suite" || return
	if ! built=$("$VM_DIR/build-libraries" "$suite" "$target"); then
		result 1 "the programs of $suite build for $target"
		return
	fi
	share=$(mktemp -d)
	cp -r "$built"/* "$CHECK_DIR"/guest/* "$share/"
	set -- --suite "$root" --share "$share" --timeout 2400 "$@"
	programs=$(cd "$share" && printf '%s ' rocm_*)
	# shellcheck disable=SC2086
	run_guest "programs of $suite that use the libraries, on $target" "$@" -- \
		env SECONDS_EACH=900 "/mnt/share/$script" $programs
	[ "$script" != compute ] || run_guest "rocRAND's own tests of $suite on $target" "$@" -- \
		env LD_LIBRARY_PATH=/mnt/share/lib /mnt/share/gtest tests/test_rocrand_generator_type \
		tests/test_rocrand_kernel_mtgp32 tests/test_rocrand_kernel_sobol32
	rm -rf "$share"
}
