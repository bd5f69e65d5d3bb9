# What the scripts that run in a guest share: TAP, the driver's counts. Sourced, POSIX sh.
# They run in any root that has a shell, sed, grep and coreutils.

SHARE=/mnt/share
COUNTS=/sys/kernel/debug/virtgpu_kfd/counts
tests=0

# result STATUS NAME [REASON]: 0 passed, 77 skipped, everything else failed
result() {
	tests=$((tests + 1))
	case $1 in
	0) echo "ok $tests - $2" ;;
	77) echo "ok $tests - $2 # SKIP ${3-}" ;;
	*) echo "not ok $tests - $2"; return 1 ;;
	esac
}

# expect NAME COMMAND...: passes if the command succeeds
expect() {
	expected=$1
	shift
	"$@" >&2
	result $? "$expected"
}

# subtest NAME COMMAND...: the command prints TAP
subtest() {
	expected=$1
	shift
	echo "# Subtest: $expected"
	{ "$@"; echo $? >/tmp/status; } | sed -u 's/^/    /'
	result "$(cat /tmp/status)" "$expected"
}

done_testing() { echo "1..$tests"; }

# eventually COMMAND...: tries for at most 30 s
eventually() {
	tries=0
	while ! "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 1
		sleep 0.1
	done
}

# amdgpu's use of memory in bytes; what is evicted goes from one kind to the other
memory_used() {
	cat /sys/bus/pci/drivers/amdgpu/*:*/mem_info_vram_used \
		/sys/bus/pci/drivers/amdgpu/*:*/mem_info_gtt_used 2>/dev/null |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# In a guest only the driver's own control context and its request for events are left; on a host
# no process, and no more memory than was used at first
memory_at_first=$(memory_used)
is_idle() {
	if [ -e $COUNTS ]; then
		[ "$(tr '\n' ' ' <$COUNTS)" = \
		  'processes 0 contexts 1 bos 0 blobs 0 events 0 queues 0 pinned_pages 0 requests 1 ' ]
	else
		[ -z "$(ls /sys/class/kfd/kfd/proc)" ] && [ "$(memory_used)" -le "$memory_at_first" ]
	fi
}

idle() {
	eventually is_idle && return
	if [ -e $COUNTS ]; then
		cat $COUNTS
	else
		echo "processes: $(ls /sys/class/kfd/kfd/proc)"
		echo "$(memory_used) bytes in use, $memory_at_first at first"
	fi >&2
	return 1
}

# What amdgpu says of a queue that accesses what it has not
faults='amdgpu .*:[[:space:]]*(\[(gfx|mm)hub0\] no-retry page fault|Process [^ ]* pid'
faults="$faults|in page starting at|cookie node_id|VM_L2_PROTECTION_FAULT_STATUS|MORE_FAULTS"
faults="$faults|Faulty UTCL2 client ID|WALKER_ERROR|PERMISSION_FAULTS|MAPPING_ERROR|RW:)"

# no_errors [PATTERN]: has the kernel had none to report, but for lines that match; amdgpu looks for
# a BIOS that a GPU of a virtual machine need not have, and where the GPU is on the host may be a
# device of a guest with the backend kfd
no_errors() {
	allowed="amdgpu .*: Unable to locate a BIOS ROM\$${1:+|$1}"
	dmesg | grep 'KFD .* backend kfd$' >/dev/null &&
		allowed="$allowed|already exists in 'dri'\$"
	! dmesg -l emerg,alert,crit,err | grep -vE "$allowed"
}

# tell WORD, wait_for WORD: to and from the host's side of a test, through the share
tell() { echo "$1" >"$SHARE/said.$1"; }
wait_for() { eventually test -e "$SHARE/go.$1"; }

# gpu_node: sets $node and $gpu, directory and id of the first GPU in the topology
gpu_node() {
	for node in /sys/class/kfd/kfd/topology/nodes/*; do
		gpu=$(cat "$node/gpu_id")
		[ "$gpu" = 0 ] || return 0
	done
	return 1
}

# property NAME [FILE]: of $node
property() { awk -v p="$1" '$1 == p { print $2 }' "$node/${2:-properties}"; }

# lists_gpu FILE: is this rocminfo's output with the GPU as its second agent
lists_gpu() {
	awk '$1 == "Agent" { n = $2 } $1 == "Name:" && n == 2 { print $2; exit }' "$1" |
		grep -qx gfx942
}

# blocked_rocminfo: starts a rocminfo that stands still in the middle of its output, a thread
# of it in WAIT_EVENTS: its output is a pipe without room. Sets $pid.
blocked_rocminfo() {
	rm -f /tmp/full
	mkfifo /tmp/full
	exec 8<>/tmp/full
	dd if=/dev/zero of=/tmp/full bs=4096 count=100 oflag=nonblock 2>/dev/null
	rocminfo >/tmp/full 2>/tmp/rocminfo.err 8>&- &
	pid=$!
	eventually in_wait_events $pid
}

# in_wait_events PID: is a thread in ioctl(2) AMDKFD_IOC_WAIT_EVENTS
in_wait_events() {
	cat /proc/"$1"/task/*/syscall 2>/dev/null | grep -q '^16 0x[0-9a-f]* 0xc0184b0c '
}
