# What isa-words says of words, against what llvm-mc says of the same: awk -f isa.awk OURS THEIRS
#
# A block that llvm-mc prints nothing for, or with a comment why not, is one that it refuses. Ours
# is as long as the block, so if the lengths differ there is no line or there are two.

# Why words that only llvm-mc takes are none of ours, by what it prints
function left_out(text) {
	# Address translation checks, which no program has
	if (text ~ /^s_atc_probe/)
		return 1
	# Screen space, interpolation of pixels, and rounding to 8 bits at random
	if (text ~ /^v_(screen_partition_4se_b32|interp_|cvt_sr_[bf]*p*8_f32)/)
		return 1
	# A destination that cannot be written and a register that is none
	if (text ~ /^v_(cmpx?|readlane)_[a-z0-9_]* src_/ ||
	    text ~ /^v_(swap|readfirstlane|readlane|accvgpr_mov)_b32.* (src_|null)/)
		return 1
	# A carry or four registers from where there is one value
	if (text ~ /^v_(addc|subb|subbrev|cndmask)_[a-z0-9_]*_e64.*, (src_[a-z_]*|null)( clamp)?$/ ||
	    text ~ /^v_mqsad_u32_u8.*, (src_[a-z_]*|null)( clamp)?$/)
		return 1
	if (text ~ /^v_(mfma|smfmac)_.* (src_|null)/)
		return 1
	# Textures, graphics
	if (text ~ /^(tbuffer_|image_|exp )/)
		return 1
	# Formats of textures in MUBUF, LDS as an operand of memory, pages that may be missing
	if (text ~ /^buffer_(load|store)_(format|lds)/ || text ~ /_load_lds_/ ||
	    text ~ / (lds|tfe)( |$)/)
		return 1
	# Two addresses in LDS, and what orders waves in graphics
	if (text ~ /^ds_[a-z]*_src2_/ || text ~ /^ds_ordered_count/)
		return 1
	return 0
}

# The names of a swizzle's patterns are not ours.
function plain(text) {
	if (text ~ /^ds_swizzle_b32 /)
		sub(/ offset:(swizzle\([^)]*\)|[0-9]+)/, "", text)
	return text
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
	# The negation of an integer in VOP3 means nothing, and is no extension of its sign.
	while ($0 !~ /_sdwa/ && match($0, /sext\([^()]*\)/))
		$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + 5, RLENGTH - 6) substr($0, RSTART + RLENGTH)
	# It has no other form.
	sub(/^v_pk_fmac_f16_e32/, "v_pk_fmac_f16")
}

$0 == "s_nop 0x7a5c" {
	n++
	if (text ~ /\/\* ?(Invalid|row_|DP ALU)/)
		text = ""
	if (plain(text) == plain(ours[n])) {
		if (text == "")
			refused++
		else
			same++
	} else if (ours[n] == "" && left_out(text)) {
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
