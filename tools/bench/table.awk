# table.awk TIMED HOST INSNS: the table of tools/bench/run, and how far the targets are met.
#
# TIMED: name, times, nanoseconds, interrupts. HOST: name, requests, notifications, doorbells and
# mappings that came. INSNS: name, instructions of the guest's kernel; empty with KVM.

FILENAME == ARGV[1] { order[++num] = $1; times[$1] = $2; ns[$1] = $3; irqs[$1] = $4; next }
FILENAME == ARGV[2] { requests[$1] = $2; exits[$1] = $3 + $4; bells[$1] = $4; maps[$1] = $5; next }
{ insns[$1] = $2 }

function each(value, name) { return value[name] / times[name] }

function target(text, ok, measured) {
	printf "%-62s %s  %s\n", text, ok ? "met" : "NOT MET", measured
	missed += !ok
}

END {
	printf "%-34s %6s %10s %9s %9s %9s %9s %9s\n", "operation", "times", "us each", "round", "exits",
		"inter-", "kernel", "host"
	printf "%-34s %6s %10s %9s %9s %9s %9s %9s\n", "", "", "", "trips", "", "rupts", "insns", "VMAs"
	for (i = 1; i <= num; i++) {
		n = order[i]
		printf "%-34s %6d %10.1f %9.2f %9.2f %9.2f %9s %9d\n", n, times[n], each(ns, n) / 1000,
			each(requests, n), each(exits, n), each(irqs, n),
			n in insns ? int(each(insns, n)) : "-", maps[n]
		if (n ~ /^(ioctl|alloc|map|unmap|free|userptr)\./) {
			ioctls++
			if (each(requests, n) > 1)
				more = more (more ? ", " : "") n " " each(requests, n)
		}
		if (n ~ /^(sdma|aql)-/) {
			submissions++
			if (requests[n] > trips)
				trips = requests[n]
			if (each(exits, n) > most_exits)
				most_exits = each(exits, n)
		}
	}
	print ""
	print "Round trips are commands in virtio-gpu's control queue, exits are accesses to the device that"
	print "QEMU sees: notifications of that queue and doorbells that trap. VMAs are QEMU's, more than before."
	print "Where there are several commands, the caller waits for the one that is KFD's alone; others make,"
	print "attach or detach a blob, or make the context."
	print ""
	if (submissions) {
		target("no control round trip per submission", trips == 0, trips + 0)
		target("no exit but the doorbell per submission", most_exits <= 1, most_exits)
	}
	if (ioctls)
		target("at most one round trip per ioctl", !more, more)
	n = "userptr.1G"
	if (n in times)
		target("1 GiB of userptr in one round trip", each(requests, n) <= 1, each(requests, n))
	n = "event-wake"
	if (n in times)
		target("one interrupt per event wake-up", each(irqs, n) <= 1.05, each(irqs, n))
	n = "blob-map.3000"
	if (n in times)
		target("3000 blob maps under a second", ns[n] < 1e9, ns[n] / 1e9 " s")
	for (i = 1; i <= num; i++) {
		n = order[i]
		if (n !~ /-x128$/)
			continue
		one = n
		sub(/-x128$/, "-x1", one)
		target("per-ioctl time flat from 1 to 128 processes: " substr(n, 1, length(n) - 5),
			each(ns, n) <= 1.2 * each(ns, one), each(ns, n) / each(ns, one))
	}
	one = "ioctl.get-clock-counters"
	for (i = 1; i <= num; i++)
		if (order[i] ~ /^beside-/ && one in times)
			target("GPU work of another process delays no call: " order[i],
				each(ns, order[i]) <= 1.2 * each(ns, one), each(ns, order[i]) / each(ns, one))
	printf "%d targets missed\n", missed
}
