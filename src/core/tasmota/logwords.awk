# SPDX-License-Identifier: GPL-3.0-or-later
# Turns the words of Tasmota's language files (log-strings.tsv) and the table of log patterns
# (log-patterns.tsv) into C, in two passes, so that sort makes the table ready to be searched:
#   awk -f logwords.awk -v pass=1 log-strings.tsv | LC_ALL=C sort -u |
#   awk -f logwords.awk -v pass=2 -v patterns=log-patterns.tsv > logwords.c
# One text may stand for several keys; its rows become one with a mask of keys.

BEGIN {
	FS = "\t"
	split("CONNECTING_TO_AP IN_MODE AS CONNECTED CONNECT_FAILED CONNECT_FAILED_NO_IP_ADDRESS " \
	      "CONNECT_FAILED_AP_NOT_REACHED CONNECT_FAILED_WRONG_PASSWORD " \
	      "CONNECT_FAILED_AP_TIMEOUT ATTEMPTING_CONNECTION CHECKING_CONNECTION " \
	      "ACTIVE_FOR_3_MINUTES FAILED_TO_START WEBSERVER_STOPPED REDIRECTED " \
	      "WIFIMANAGER_SET_ACCESSPOINT RESTARTING SERIAL_LOGGING_DISABLED SET_BAUDRATE_TO " \
	      "USE_DEFAULTS LOADED_FROM_FLASH_AT SAVED_TO_FLASH_AT WARNING_MINIMAL_VERSION " \
	      "MULTI_PRESS NO_NETWORKS_FOUND BLOCKED_LOOP UPLOAD_ERR_2 UPLOAD_ERR_3 UPLOAD_ERR_5 " \
	      "FILE PROJECT", names, " ")
	for (i in names)
		number["D_" names[i]] = i
}

function literal(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\?\?/, "?\" \"?", text)
	return "\"" text "\""
}

pass == 1 {
	if (/^#/ || NF < 4)
		next
	key = $1
	# Since 8.3 the text for a refused key says no more than that it failed; Catalan and
	# Lithuanian came later and kept the word.
	if (key == "D_CONNECT_FAILED_WRONG_PASSWORD" &&
	    ($3 == "9.4" || ($3 == "15.2" && $2 == "bg_BG")))
		key = "D_CONNECT_FAILED"
	if (!(key in number))
		next
	text = $4
	sub(/^ +/, "", text)
	sub(/ +$/, "", text)
	print text "\t" number[key]
	next
}

pass == 2 {
	if ($1 == last)
		mask = mask " | 1u << " ($2 - 1)
	else {
		if (count++)
			rows = rows "\t{" literal(last) ", " length_of(last) ", " mask "},\n"
		last = $1
		mask = "1u << " ($2 - 1)
	}
}

# In bytes, also where awk counts characters: the compiler counts.
function length_of(text) {
	return "sizeof(" literal(text) ") - 1"
}

END {
	if (pass != 2)
		exit
	rows = rows "\t{" literal(last) ", " length_of(last) ", " mask "},\n"
	print "/* Made by src/core/tasmota/logwords.awk; do not edit. */"
	print "#include \"tasmite/core/tasmota/logwords.h\""
	print "\nconst struct logwords_row logwords_rows[] = {\n" rows "};"
	print "const size_t logwords_count = sizeof(logwords_rows) / sizeof(logwords_rows[0]);"
	print "\nconst struct logwords_pattern logwords_patterns[] = {"
	while ((getline line < patterns) > 0) {
		n = split(line, f, "\t")
		if (line ~ /^id\t/ || n < 5)
			continue
		print "\t{" literal(f[1]) ", " literal(f[2]) ", " literal(f[5]) ", " \
		    literal(f[6]) ", " literal(f[7]) "},"
	}
	print "};"
	print "const size_t logwords_pattern_count ="
	print "    sizeof(logwords_patterns) / sizeof(logwords_patterns[0]);"
}
