# SPDX-License-Identifier: GPL-3.0-or-later
# Turns themes/*.theme into C: awk -f themes.awk FILE... > themes.c
# The texts become arrays of characters, since a string literal of that length is not portable C.
# A character that is not printable ASCII stops the build: the themes are plain text.

BEGIN {
	printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
	printable = printable "abcdefghijklmnopqrstuvwxyz{|}~"
	print "/* Made by src/core/themes.awk from themes/; do not edit. */"
	print "#include \"tasmite/core/themes_gen.h\""
}

function fail(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	failed = 1
	exit 1
}

function end_text() {
	if (count)
		print "\t0};"
}

FNR == 1 {
	end_text()
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.theme$/, "", name)
	if (name !~ /^[a-z0-9-]+$/)
		fail("a theme's name has a-z, 0-9 and - only")
	names[count++] = name
	print "\nstatic const char text" (count - 1) "[] = {"
}

{
	line = "\t"
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		if (c == "\t")
			c = "\\t"
		else if (!index(printable, c))
			fail("only printable ASCII can stand here")
		else if (c == "'" || c == "\\")
			c = "\\" c
		line = line "'" c "',"
	}
	print line "'\\n',"
}

END {
	if (failed)
		exit 1
	end_text()
	print "\nconst size_t themes_gen_count = " count ";"
	print "const char *const themes_gen_names[] = {"
	for (i = 0; i < count; i++)
		print "\t\"" names[i] "\","
	print "};"
	print "const char *const themes_gen_texts[] = {"
	for (i = 0; i < count; i++)
		print "\ttext" i ","
	print "};"
}
