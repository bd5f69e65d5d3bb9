# What make bench and make bench-chain share. Sourced after tools/check/lib.sh, bash.
bench=$TOP/tools/bench

# build_bench: the program, to $share
build_bench() {
	sync_tree "$bench" "$BUILD/build/src/tools/bench"
	sync_tree "$TOP/tools/testing" "$BUILD/build/src/tools/testing"
	in_build sh -c "cd /build/src/tools/bench && lib=../testing/selftests/kfd &&
		gcc -static -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror -D_GNU_SOURCE= -I\$lib \
			-isystem $KHDRS -o /build/bench bench.c ops.c cpu.c \$lib/kfd_lib.c \
			\$lib/kfd_queue_lib.c \$lib/kfd_kernel_lib.c" &&
	cp "$BUILD/build/bench" "$share/"
}
