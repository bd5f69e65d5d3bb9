# Unmodified programs of each ROCm release that Debian has: rocminfo, clinfo, copies by HIP, and
# memory that processes share. Sourced after lib.sh, bash.
#
# What lives here: which releases and programs, and how they are called. What does not: what a
# program has to show (guest/rocm), in what machine it runs (45-rocm and 82-host-rocm).

# run_rocm OPTIONS...: in machines of tools/vm/run with these options
run_rocm() {
	local share suite root env programs
	share=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$share'" EXIT
	cp "$CHECK_DIR"/guest/* "$CHECK_DIR"/programs/* "$share/"
	for suite in trixie sid experimental; do
		root=$suite+clinfo+rocm-opencl-icd+hipcc
		# Newer ones copy few bytes by a kernel, unless told not to
		env=
		programs="rocminfo clinfo copy"
		if [ $suite = trixie ]; then
			result 77 "memory that processes share, of $suite" \
				"ROCm 6.1 shares by an ioctl that Linux does not have"
		else
			env=GPU_FORCE_BLIT_COPY_SIZE=0 programs="$programs share"
		fi
		if ! has_root $root 'clinfo and HIP'; then
			root=$suite programs=rocminfo
			has_root $root rocminfo || continue
		fi
		# shellcheck disable=SC2086
		run_guest "ROCm of $suite" --suite $root --share "$share" --timeout 900 "$@" -- \
			env $env /mnt/share/rocm $programs
	done
}
