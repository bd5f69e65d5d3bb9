# What isa-words says of words, against what llvm-mc says of the same: awk -f isa.awk OURS THEIRS
#
# A block that llvm-mc prints nothing for, or with "/*Invalid", is one that it refuses. Ours is
# as long as the block, so if the lengths differ there is no line or there are two.

# Why a difference is none, by what llvm-mc prints
function left_out(text) {
	# Address translation checks, which no program has
	if (text ~ /^s_atc_probe/)
		return 1
	# Formats that the decoder does not have yet
	return text ~ /^(v_|ds_|flat_|global_|scratch_|buffer_|tbuffer_|image_|exp )/
}

FNR == NR {
	split($0, half, "\t")
	words[FNR] = half[1]
	ours[FNR] = half[2]
	next
}

/^\t\.text$/ || /^$/ { next }

{
	sub(/ *(;|\/\/).*/, "")
	gsub(/[ \t]+/, " ")
	sub(/^ /, "")
	sub(/ $/, "")
}

$0 == "s_nop 0x7a5c" {
	n++
	if (text ~ /\/\*Invalid/)
		text = ""
	if (text == ours[n]) {
		if (text == "")
			refused++
		else
			same++
	} else if (left_out(text)) {
		left++
	} else if (different++ < 50) {
		printf "%s: \"%s\", llvm-mc: \"%s\"\n", words[n], ours[n], text
	}
	text = ""
	next
}

{ text = text == "" ? $0 : text " | " $0 }

END {
	total = length(words)
	printf "%d the same, %d refused by both, %d left out, %d different\n",
		same, refused, left, different
	exit n != total || different || !same
}
