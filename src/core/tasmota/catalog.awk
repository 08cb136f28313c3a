# SPDX-License-Identifier: GPL-3.0-or-later
# Turns commands.tsv into what is made of Tasmota's commands. LC_ALL=C awk -f catalog.awk:
#   -v to=c    the table of core/tasmota/catalog, sorted without regard to case
#   -v to=man  tasmite-commands(7): the file -v head_file=, then all commands by group
# A row that is not as it should be stops the build.

BEGIN {
	FS = "\t"
	printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
	printable = printable "abcdefghijklmnopqrstuvwxyz{|}~"
}

function fail(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	failed = 1
	exit 1
}

function check_text(s,    i) {
	for (i = 1; i <= length(s); i++)
		if (!index(printable, substr(s, i, 1)))
			fail("only printable ASCII can stand here")
}

FNR == 1 {
	if ($0 != "name\tindex_min\tindex_max\tgroup\targs\tsecret\trestarts\tsummary")
		fail("not the head line that is known")
	next
}

{
	if (NF != 8)
		fail("a row has 8 fields")
	check_text($1 $4 $5 $8)
	indexed = sub(/<x>$/, "", $1)
	if ($1 !~ /^[A-Za-z][A-Za-z0-9_]*$/)
		fail("a name has letters, digits and _ only")
	if (indexed != ($2 ~ /^[0-9]+$/ && $3 ~ /^[0-9]+$/ && $2 + 0 <= $3 + 0) ||
	    (!indexed && ($2 != "" || $3 != "")))
		fail("the index range does not fit the name")
	if ($6 !~ /^[01]$/ || $7 !~ /^[01]$/ || $4 == "" || $8 == "")
		fail("a field is empty, or a mark is neither 0 nor 1")
	n = ++count
	name[n] = $1
	low[n] = indexed ? $2 + 0 : -1
	high[n] = indexed ? $3 + 0 : -1
	group[n] = $4
	args[n] = $5
	secret[n] = $6
	restarts[n] = $7
	summary[n] = $8
	key[n] = tolower($1) sprintf(" %03d", low[n] + 1)
	if (!($4 in seen)) {
		seen[$4] = 1
		groups[++group_count] = $4
	}
}

# Row numbers in the order of their keys, into order[1..count].
function sort_rows(    i, j, gap, t) {
	for (i = 1; i <= count; i++)
		order[i] = i
	for (gap = 364; gap > 0; gap = int(gap / 3))
		for (i = gap + 1; i <= count; i++) {
			t = order[i]
			for (j = i; j > gap && key[order[j - gap]] > key[t]; j -= gap)
				order[j] = order[j - gap]
			order[j] = t
		}
	for (i = 2; i <= count; i++)
		if (key[order[i - 1]] == key[order[i]])
			fail("twice in the table: " name[order[i]])
}

function quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/\?/, "\\?", s) # no trigraphs
	return "\"" s "\""
}

function put_c(    i, r) {
	print "/* Made by src/core/tasmota/catalog.awk from commands.tsv; do not edit. */"
	print "#include \"tasmite/core/tasmota/catalog_gen.h\""
	print "\nconst size_t catalog_gen_count = " count ";"
	print "const struct catalog_row catalog_gen_rows[] = {"
	for (i = 1; i <= count; i++) {
		r = order[i]
		print "\t{" quoted(name[r]) ", " quoted(group[r]) ", " quoted(args[r]) ", " \
		    quoted(summary[r]) ", " low[r] ", " high[r] ", " \
		    (secret[r] ? "true" : "false") ", " (restarts[r] ? "true" : "false") "},"
	}
	print "};"
}

# For a line of mdoc: what troff or mdoc would take for its own.
function plain(s) {
	gsub(/\\/, "\\e", s)
	gsub(/"/, "\\(dq", s)
	gsub(/'/, "\\(aq", s)
	gsub(/-/, "\\-", s)
	gsub(/\^/, "\\(ha", s)
	gsub(/~/, "\\(ti", s)
	gsub(/`/, "\\(ga", s)
	return s
}

# \& keeps names from being macros, and signs at the end from being punctuation.
function put_row(r,    head, marks) {
	head = name[r] (low[r] < 0 ? "" : "<" low[r] ".." high[r] ">")
	print ".It Ic \"\\&" plain(head) "\"" (args[r] == "" ? "" : " Ar \"\\&" plain(args[r]) "\\&\"")
	if (secret[r])
		marks = " (secret" (restarts[r] ? ", restarts)" : ")")
	else if (restarts[r])
		marks = " (restarts)"
	print "\\&" plain(summary[r]) marks
}

function put_man(    g, i, line) {
	while ((getline line < head_file) > 0)
		print line
	for (g = 1; g <= group_count; g++) {
		print ".Ss " groups[g]
		print ".Bl -tag -width Ds -compact"
		for (i = 1; i <= count; i++)
			if (group[order[i]] == groups[g])
				put_row(order[i])
		print ".El"
	}
	print ".Sh SEE ALSO"
	print ".Xr tasmite 1 ,"
	print ".Xr tasmite.conf 5"
}

END {
	if (failed)
		exit 1
	sort_rows()
	if (to == "man")
		put_man()
	else
		put_c()
}
