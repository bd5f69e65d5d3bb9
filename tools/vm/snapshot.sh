# Snapshots for run --host: states of machines that wait for a command, kept in the cache.
# Sourced by run, bash.
#
# What lives here: taking them, and what QEMU needs to go on from one. What does not: where a
# machine waits (guest-init), what a run prints and what makes it fail (run).
#
# Under TCG it takes 20 s to load amdgpu, and half a second until that has its GPU. So there are
# two: one without a GPU, good for any build of this version of QEMU, and one with it, made from
# the first by plugging the GPU in. The random numbers of what goes on from one are the same each
# time.

hmp() { "$VM_DIR/monitor" "$dir/monitor" "$1"; }

# snapshot: finds or takes the one of $machine and $gpu, sets $from to go on from it; the console
# begins as the machine's did. Fails if the machine goes off before, with $hung set.
snapshot() {
	local loaded state failed=0
	loaded=$CACHE/snapshot-$(key "$CACHE/qemu-source/VERSION" "$kernel" "$initrd" "${machine[*]}")
	state=$loaded${gpu:+-$(key "$(cat "$qemu.key")" "$gpu")}
	lock snapshot
	if [ ! -f "$loaded" ]; then
		say "snapshot of a machine that has loaded amdgpu"
		save "$loaded" loaded || failed=1
	fi
	if [ $failed = 0 ] && [ ! -f "$state" ]; then
		say "snapshot of one with a GPU"
		go_on "$loaded"
		if ! save "$state" ready "${from[@]}"; then
			failed=1
			# It may be that QEMU does not take it
			[ $hung = 0 ] || rm -f "$loaded"
		fi
	fi
	[ $failed = 0 ] && go_on "$state" && touch "$loaded" "$loaded.log"
	# Old ones are of machines that are no more
	ls -t "$CACHE"/snapshot-*.log 2>/dev/null | tail -n +7 | while read -r old; do
		rm -f "$old" "${old%.log}"
	done
	exec 9>&-
	return $failed
}

# go_on STATE: what comes next is a machine in that state
go_on() {
	touch "$1" "$1.log"
	cp "$1.log" "$console"
	from=(-global migration.mapped-ram=on -incoming "file:$1")
}

# save STATE WORD ARGS...: starts the machine with ARGS until it says WORD, and keeps its state
save() {
	local state=$1 word=$2 pid said
	shift 2
	start -chardev null,id=out -chardev "file,id=err,path=$dir/err.saved" -chardev null,id=command \
		-fsdev "local,id=share,path=$dir/none,security_model=none" \
		-fsdev "local,id=root,path=$dir/none,security_model=none,readonly=on" \
		-fsdev "local,id=vm,path=$dir/none,security_model=none,readonly=on" \
		-fsdev "local,id=logs,path=$dir/none,security_model=none" \
		-blockdev driver=null-co,node-name=root,read-only=on \
		-global migration.mapped-ram=on -monitor "unix:$dir/monitor,server=on,wait=off" "$@" &
	pid=$!
	if [ "$word" = ready ]; then
		eventually hmp_says 'info status' running || return
		said=$(hmp "device_add $gpu")
		[ -z "$said" ] || give_up "$said"
	fi
	eventually grep -qsx "$word" "$dir/status" || return
	said=$(hmp "migrate -d file:$state.new")
	[ -z "$said" ] || give_up "$said; --cold takes none"
	eventually hmp_says 'info migrate' 'status: (completed|failed)' || return
	! hmp_says 'info migrate' 'status: failed' || give_up "$(hmp 'info migrate')"
	hmp quit
	wait $pid
	cp "$console" "$state.log"
	mv "$state.new" "$state"
}

hmp_says() { hmp "$1" 2>/dev/null | grep -qE "$2"; }

# eventually COMMAND...: until it succeeds; fails when the machine of save is off, and shows what it said
eventually() {
	until "$@"; do
		if ! kill -0 $pid 2>/dev/null; then
			wait $pid || hung=$?
			cat "$dir/err.saved" >&2
			return 1
		fi
		sleep 0.1
	done
}

give_up() {
	hmp quit
	rm -f "$CACHE"/snapshot-*.new
	# shellcheck disable=SC2086
	kill $cats
	die "no snapshot: $1"
}
