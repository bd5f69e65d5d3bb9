# kfdtest, AMD's own tests of KFD, each of its instances for itself. Sourced after lib.sh, bash.
#
# What lives here: which instances run, and what is kept of them. What does not: what is left out
# (kfdtest.excluded), how one is run (guest/kfdtest), in what machine (47-kfdtest,
# 83-host-kfdtest and 93-chain-kfdtest), the table of results (kfdtest-table).

# run_kfdtest WHERE OPTIONS...: in a machine of tools/vm/run with these options. WHERE is guest, host
# or chain; $LOGS/kfdtest-WHERE gets a line for each instance: its name, tab, passed, failed, skipped
# or excluded, tab, reason. What is expected of a chain is what is of a guest, but for what is left
# out of it; there the benchmarks among them take many minutes.
run_kfdtest() {
	local where=$1 results=$LOGS/kfdtest-$1 share kfdtest instance reason patience=300
	shift
	[ "$where" != chain ] || patience=1500
	share=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$share'" EXIT
	kfdtest=$("$VM_DIR/build-kfdtest") || { result 1 'kfdtest is built'; return; }
	mkdir "$share/bin"
	cp "$CHECK_DIR"/guest/* "$share/" && cp "$kfdtest/kfdtest" "$share/bin/"
	: >"$share/instances" >"$share/results"
	"$kfdtest/lib/ld-linux-x86-64.so.2" --library-path "$kfdtest/lib" "$kfdtest/kfdtest" \
		--gtest_list_tests 2>/dev/null |
		awk '/^[^ ]/ { suite = $1 } /^ / { print suite $1 }' | LC_ALL=C sort >"$share/all"
	test_command 'kfdtest has instances' test -s "$share/all"
	test_command 'kfdtest has what is excluded' sort_out "$where" "$share/all" \
		"$share/instances" "$share/results"
	while IFS=$'\t' read -r instance _ reason; do
		result 77 "$instance" "$reason"
	done <"$share/results"

	run_guest 'kfdtest' --share "$share" --timeout 1800 "$@" -- \
		env KFDTEST_TIMEOUT=$patience /mnt/share/kfdtest /mnt/share/instances
	LC_ALL=C sort "$share/results" >"$results"
	if [ "$where" != chain ]; then
		"$CHECK_DIR/kfdtest-table"
	else
		diff <(documented guest | of_a_chain | LC_ALL=C sort) <(of_a_chain <"$results")
	fi
	result $? 'the results are those of the documentation'
}

# of_a_chain: of these results those that a guest of a host shares with other guests
of_a_chain() {
	grep -vE "^($(awk -F '\t' '$2 == "chain" { print $1 }' "$CHECK_DIR/kfdtest.excluded" |
		paste -sd '|'))$(printf '\t')"
}

# sort_out WHERE ALL RUN EXCLUDED: the instances in ALL that run there are written to RUN, those that
# are excluded to EXCLUDED, as they are kept; fails if something is excluded that is not in ALL
sort_out() {
	awk -F '\t' -v where="$1" -v run="$3" -v excluded="$4" '
		FNR == NR {
			if (!/^#/) {
				n++
				name[n] = $1
				counts[n] = $2 == where || $2 == "all" || $2 == "guest" && where == "chain"
				reason[n] = $3
			}
			next
		}
		{
			why = ""
			for (i = n; i; i--)
				if ($0 ~ "^(" name[i] ")$") {
					used[i] = 1
					if (counts[i])
						why = reason[i]
				}
			if (why == "")
				print >run
			else
				print $0 "\texcluded\t" why >excluded
		}
		END {
			for (i = 1; i <= n; i++)
				if (!used[i]) {
					print "not an instance of kfdtest: " name[i]
					status = 1
				}
			exit status
		}' "$CHECK_DIR/kfdtest.excluded" "$2"
}

# documented WHERE: the results of the documentation, as they are kept. A reason in its table is
# that of both machines, or of the one that has not passed, unless it names them.
KFDTEST_DOC=$TOP/Documentation/gpu/virtio-amdkfd-kfdtest.rst
documented() {
	sed '1,/^\.\. begin of the results/d; /^\.\. end of the results/,$d' "$KFDTEST_DOC" |
		awk -v where="$1" '
			!/^[A-Za-z0-9]+Test[.]|^KFDGraphicsInterop[.]/ { next }
			{
				result = where == "guest" ? $2 : $3
				reason = $0
				sub(/^[^ ]+ +[^ ]+ +[^ ]+ */, "", reason)
				if (result != "excluded" && result != "skipped")
					reason = ""
				else if (sub(/^guest: /, "", reason))
					sub(where == "guest" ? "; host: .*" : ".*; host: ", "", reason)
				print $1 "\t" result "\t" reason
			}'
}
