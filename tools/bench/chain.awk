# chain.awk TIMES COUNTS: the table of tools/bench/chain, and how far the targets are met.
#
# The files are those of chain-host, which says what a line has.

function median_of(values, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = values[i]
		for (j = i - 1; j && values[j] > x; j--)
			values[j + 1] = values[j]
		values[j + 1] = x
	}
	return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

# nanoseconds of one, in the middle of the rounds
function middle(where, name,    i, list, n) {
	for (i = 1; i <= rounds; i++)
		if ((where, name, i) in ns)
			list[++n] = ns[where, name, i]
	return n ? median_of(list, n) : 0
}

# the ratios of the rounds: sets least, most and how many it had, returns the middle
function ratio(name,    i, list, n, median) {
	for (i = 1; i <= rounds; i++)
		if (("native", name, i) in ns && ("guest", name, i) in ns)
			list[++n] = ns["native", name, i] / ns["guest", name, i]
	if (!n)
		return 0
	median = median_of(list, n)
	least = list[1]
	most = list[n]
	had = n
	return median
}

FILENAME == ARGV[1] {
	if (!($3 in times)) {
		names[++num] = $3
		times[$3] = $4
	}
	ns[$1, $3, $2] = $5 / $4
	if ($2 > rounds)
		rounds = $2
	next
}

{
	counted[$1] = $2
	# What telling that it begins and ends takes, and what leaves a guest in any case as time goes by
	if ($1 == "cpu.spin-1ms") {
		telling = $7
		next
	}
	if ($1 == "cpu.spin-500ms") {
		exits_per_ns = ($7 - telling) / $3
		next
	}
	order[++ncounted] = $1
	requests[$1] = $4 / $2
	device[$1] = ($5 + $6) / $2
	exits[$1] = ($7 - telling) / $2
	vmm[$1] = ($8 + $9) / $2
	pages[$1] = $10 / $2
	more_exits[$1] = ($7 - telling - exits_per_ns * $3) / $2
}

function target(text, ok, measured) {
	printf "%-60s %-8s %s\n", text, ok ? "met" : "NOT MET", measured
	missed += !ok
}

function is_program(name) { return name ~ /^(cl|hip)_[a-z]*$/ }

function number(x) { return sprintf(x < 100 ? "%.2f" : "%.0f", x) }

function list_alike(kind, name) {
	if (!(kind in alike))
		kinds[++nkinds] = kind
	alike[kind] = alike[kind] " " name
}

# words in lines of their own
function wrapped(words,    list, n, i, out, length_of) {
	n = split(words, list, " ")
	length_of = 100
	for (i = 1; i <= n; i++) {
		if (length_of + length(list[i]) > 90) {
			out = out "\n   "
			length_of = 3
		}
		out = out " " list[i]
		length_of += length(list[i]) + 1
	}
	return out
}

END {
	printf "%-18s %6s %6s %11s %11s %7s %13s %6s\n", "operation", "rounds", "times", "native us",
		"guest us", "native/", "of the", "by its"
	printf "%-18s %6s %6s %11s %11s %7s %13s %6s\n", "", "", "", "each", "each", "guest", "rounds",
		"CPU's"
	for (i = 1; i <= num; i++) {
		n = names[i]
		own = n == "hip_copy" ? ratio("hip_copy.cpu") : 0
		r = ratio(n)
		printf "%-18s %6d %6d %11.1f %11.1f %7.3f %6.3f-%-6.3f %6s\n", n, had, times[n],
			middle("native", n) / 1000, middle("guest", n) / 1000, r, least, most,
			own ? sprintf("%.3f", r / own) : "-"
	}
	print ""
	printf "%-24s %6s %9s %9s %9s %9s %9s %9s\n", "operation, in the guest", "times", "round",
		"accesses", "exits to", "exits of", "more than", "for its"
	printf "%-24s %6s %9s %9s %9s %9s %9s %9s\n", "", "", "trips", "", "the VMM", "all kinds",
		"a loop", "pages"
	for (i = 1; i <= ncounted; i++) {
		n = order[i]
		if (n ~ /^(ioctl|alloc|map|unmap|free|sdma-copy)/)
			list_alike(number(requests[n]), n)
		# Of few, what telling takes hides the exits
		if (counted[n] >= 300 || is_program(n))
			printf "%-24s %6d %9.2f %9.2f %9.2f %9s %9s %9s\n", n, counted[n],
				requests[n], device[n], vmm[n], number(exits[n]),
				number(more_exits[n]), number(pages[n])
	}
	print ""
	for (i = 1; i <= nkinds; i++)
		print "Round trips of each: " kinds[i] wrapped(alike[kinds[i]])
	print ""
	for (i = 1; i <= num; i++) {
		n = names[i]
		if (is_program(n)) {
			r = ratio(n)
			target("a whole program: native / guest >= 0.99: " n, r >= 0.99,
				sprintf("%.3f", r))
		}
	}
	for (i = 1; i <= ncounted; i++) {
		n = order[i]
		if (n ~ /^(aql|sdma)-/)
			seen += device[n] + vmm[n]
		# Of so many; an exit for each is noticed, if its kind is not known
		if (n ~ /^aql-/ || n == "sdma-copy.4K")
			target("no exit of any kind per dispatch: " n, more_exits[n] < 0.1,
				sprintf("%.3f more than a loop", more_exits[n]))
		if (n ~ /^(ioctl|alloc|map|unmap|free)/) {
			ioctls++
			more += requests[n] > 1
		}
	}
	target("no exit to the VMM per dispatch, nor access to the device", !seen, seen + 0)
	target("at most one round trip per ioctl", ioctls && !more,
		more ? more " ioctls make more" : ioctls " ioctls")
	printf "%d targets missed\n", missed
}
