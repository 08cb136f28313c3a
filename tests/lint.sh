#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.sh BUILD [headers]: what the compiler does not see to. Prints each finding as "check: place:
# what", ends with their number, fails when there is one. The build's objects must be up to date.
# headers: these alone are looked at.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${1:-build}
only=${2:-}
cc=()
eval "cc=(${CC:-cc})" # "ccache gcc", quoted as for make's shell
cppflags=()
eval "cppflags=(${CPPFLAGS:--D_POSIX_C_SOURCE=200809L -Iinclude})" # quoted as for make's shell
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
found=$scratch/found
: >"$found"

say() { # CHECK TEXT...
	local check=$1
	shift
	printf '%s: %s\n' "$check" "$*" | tee -a "$found"
}
report() { # CHECK: a line of standard input is a finding
	local line
	while IFS= read -r line; do
		say "$1" "$line"
	done
}

mapfile -t own < <(find src include -name '*.[ch]' | sort)
mapfile -t sim < <(find tests/sim -name '*.[ch]' | sort)
mapfile -t all < <(find src include tests -name '*.[ch]' | sort)

# Comments and strings out, lines kept; #include lines stay.
code_of() {
	"${cc[@]}" -fpreprocessed -dD -E -x c "$1" 2>/dev/null | grep -v '^# ' |
		sed -E '/^[[:space:]]*#[[:space:]]*include/b; s/"([^"\\]|\\.)*"/""/g'
}
read_code() {
	local f
	for f in "${all[@]}"; do
		mkdir -p "$scratch/code/$(dirname "$f")"
		code_of "$f" >"$scratch/code/$f"
	done
}
# FILE... PATTERN last: "file: matching line" in the code.
grep_code() {
	local pattern=${*: -1} f
	for f in "${@:1:$#-1}"; do
		grep -E "$pattern" "$scratch/code/$f" | sed "s|^[[:space:]]*|$f: |"
	done
}

# ---- layers: who may include whom ----
declare -A may=(
	[base]="base"
	[core]="core base"
	[proto]="proto base"
	[stub]="proto/stub_wire.h" # code of the chip: nothing of the program
	[io]="io base proto/rfc2217.h"
	[ui]="ui core base"
	[app]="app ui io core proto base"
	[main]="app core/options.h base" # it reads the command line
	[sim]="base"
)
layer_of() {
	case $1 in
	src/main.c) echo main ;;
	tests/sim/*) echo sim ;;
	src/proto/stub/*) echo stub ;;
	src/*/*) set -- "${1#src/}" && echo "${1%%/*}" ;;
	include/tasmite/*/*) set -- "${1#include/tasmite/}" && echo "${1%%/*}" ;;
	*) echo none ;;
	esac
}
check_layers() {
	local f layer target ok one
	for f in "${own[@]}" "${sim[@]}"; do
		layer=$(layer_of "$f")
		if [ -z "${may[$layer]:-}" ]; then
			say layers "$f: belongs to no layer"
			continue
		fi
		while IFS= read -r target; do
			case $target in
			*../*) say layers "$f: climbs out of its folder: $target" ;;
			tasmite/*)
				ok=
				for one in ${may[$layer]}; do
					case ${target#tasmite/} in "$one" | "$one"/*) ok=yes ;; esac
				done
				[ -n "$ok" ] || say layers "$f: $layer may not include $target"
				;;
			esac
		done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]([^">]+)[">].*/\1/p' "$f")
	done
}

# ---- what stands in few files only ----
check_single() { # HEADERS (pattern) HOW-MANY
	local files
	files=$(grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" "${own[@]}")
	[ "$(printf '%s' "$files" | grep -c .)" -le "$2" ] ||
		say single "$1 is included by more than $2: $(echo $files)"
}
check_places() {
	local files
	check_single '(ncurses[a-z]*/)?n?curses\.h' 1
	check_single 'sys/select\.h' 1
	check_single 'pcre2\.h' 1
	check_single 'readline/[a-z]+\.h' 1
	check_single 'confuse\.h' 1
	check_single 'libserialport\.h' 2
	check_single 'asm/termbits\.h' 1
	check_single 'libtelnet\.h' 1
	check_single 'ares\.h' 1
	check_single 'microhttpd\.h' 1
	check_single 'zlib\.h' 1
	check_single '(md5|sha2)\.h' 1
	# Of core one file reads JSON; what app prints for machines is another matter.
	files=$(grep -l 'jansson\.h' "${own[@]}" | grep -vE '^src/(app/|core/json\.c$)')
	[ -z "$files" ] || say single "jansson.h: JSON in the log is core/json.c's: $files"
	local f others=()
	for f in "${own[@]}"; do
		[ "$f" = src/io/clock.c ] || others+=("$f")
	done
	grep_code "${others[@]}" \
		'\<(clock_gettime|gettimeofday|time|clock|ftime|timespec_get) ?\((NULL|&|0|CLOCK|\))' |
		sed 's/$/ (clocks are read in src\/io\/clock.c)/' | report clock
	grep_code "${own[@]}" '\<(sleep|usleep|nanosleep|clock_nanosleep|alarm) ?\(' |
		sed 's/$/ (nothing sleeps: arm a timer)/' | report clock
	# The curses file waits for a slow terminal too: for half a second, when the loop has ended.
	others=()
	for f in "${own[@]}"; do
		case $f in src/io/loop.c | src/ui/tui_curses.c) ;; *) others+=("$f") ;; esac
	done
	grep_code "${others[@]}" '(^|[^>.[:alnum:]_])(select|pselect|poll|ppoll|epoll_wait) ?\(' |
		sed 's/$/ (only src\/io\/loop.c waits)/' | report select
}

# ---- core and proto touch nothing outside ----
check_pure() {
	local f pure=()
	for f in "${own[@]}"; do
		case $(layer_of "$f") in core | proto) pure+=("$f") ;; esac
	done
	[ ${#pure[@]} -gt 0 ] || return 0
	grep_code "${pure[@]}" \
		'# *include *<(unistd|fcntl|poll|termios|signal|dirent|pthread|sys/[a-z_]+|netinet/.*|arpa/.*)\.h>' |
		grep -v '<sys/types\.h>' | report pure
	grep_code "${pure[@]}" \
		'(^|[^>.[:alnum:]_])(getenv|secure_getenv|setenv|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|fputc|perror|fopen|fdopen|fwrite|fread|system|popen|exit|_exit|abort) ?\(' |
		report pure
	grep_code "${pure[@]}" '\<(stdout|stderr|stdin|environ)\>' | report pure
}

# ---- rows of one table that stand in another ----
check_rows() {
	local id
	for id in $(sed -nE 's/^\tX\((CMD_[A-Z_]+),.*/\1/p' include/tasmite/core/cmd.h); do
		grep -qF "[$id] = act_" src/app/app_line.c ||
			say rows "$id of core/cmd.h has no handler in src/app/app_line.c"
	done
}

# ---- headers ----
check_headers() {
	local h guard
	for h in $(printf '%s\n' "${all[@]}" | grep '\.h$'); do
		printf '#include "%s"\n' "$PWD/$h" |
			"${cc[@]}" "${cppflags[@]}" -Itests -std=c11 -Wall -Wextra -Wpedantic -Werror \
				-fsyntax-only -x c - >"$scratch/cc" 2>&1 ||
			say header "$h does not compile alone: $(grep -m1 error "$scratch/cc")"
		guard=$(sed -nE 's/^#ifndef ([A-Z0-9_]+_H)$/\1/p' "$h" | head -n 1)
		[ -n "$guard" ] || { say header "$h has no include guard NAME_H"; continue; }
		grep -q "^#define $guard\$" "$h" || say header "$h: guard $guard is not defined"
		printf '%s\n' "$guard" >>"$scratch/guards"
		case $h in include/tasmite/*)
			[ "$guard" = "$(echo "${h#include/}" | tr 'a-z/.' 'A-Z__')" ] ||
				say header "$h: guard $guard is not made of its path" ;;
		esac
	done
	sort "$scratch/guards" 2>/dev/null | uniq -d | sed 's/$/ guards two headers/' | report header
}

# A prototype has a comment above it, or stands right below one that has.
check_comments() {
	local h
	for h in $(printf '%s\n' "${own[@]}" | grep '^include/.*\.h$'); do
		awk -v file="$h" '
			function ends() { return $0 ~ /;[ \t]*(\/\*.*)?$/ }
			continued { if (ends()) { continued = 0; good = was } else if (/^}/) continued = 0; next }
			in_comment { if (/\*\//) { in_comment = 0; good = 1 } next }
			/^\/\*/ { if (/\*\//) good = 1; else in_comment = 1; next }
			/^[a-z]/ && !/^typedef|^static inline/ && /\(/ {
				if (!good && !/\/\*/) printf "%s:%d: no comment above: %s\n", file, NR, $0
				was = good
				if (!ends()) continued = 1
				next
			}
			{ good = 0 }' "$h" | report comment
	done
}

# ---- sizes ----
check_sizes() {
	local f
	for f in "${own[@]}" "${sim[@]}"; do
		[ "$(wc -l <"$f")" -le 800 ] || say size "$f has more than 800 lines"
	done
	for f in "${own[@]}" "${sim[@]}"; do
		awk -v file="$f" '/^{$/ {start = NR} /^}$/ && start {print NR - start - 1, file, start; start = 0}' "$f"
	done >"$scratch/lengths"
	awk '$1 > 100 {printf "%s:%d: a function of %d lines (at most 100)\n", $2, $3, $1}' \
		"$scratch/lengths" | report size
	awk '{n++; if ($1 >= 50) long++}
	     END {if (n && long * 10 > n) printf "%d of %d functions have 50 lines or more (at most one in ten)\n", long, n}' \
		"$scratch/lengths" | report size
}

# ---- data ----
# Who may keep state in a file: the signal pipe, the log's sink and its file, the die hook and what
# puts the terminal back when all is lost; and the one file that readline makes do so.
stateful="src/io/loop.c src/base/log.c src/io/debuglog.c src/base/xalloc.c src/app/crash.c"
check_data() {
	local objects object source readline
	objects=$(find "$B/obj" -name '*.o' ! -path '*/obj/tests/unit/*' 2>/dev/null)
	[ -n "$objects" ] || { say data "there are no objects in $B"; return; }
	readline=$(grep -lE '# *include *<readline/' "${own[@]}" | head -n 1)
	for object in $objects; do
		source=src/${object#"$B"/obj/}
		source=${source%.o}.c
		case $source in
		src/tests/*) source=${source#src/} ;;
		src/gen/*) source=gen ;;
		esac
		[ "$source" = gen ] || [ -e "$source" ] || continue # left over from a file that was removed
		objdump -t "$object" | awk -v file="$source" -v may=" $stateful $readline " '
			$0 ~ / O \.(data|bss|tdata|tbss)[ .\t]/ && $0 !~ / \.data\.rel\.ro/ {
				if ($NF ~ /^\.|^__/) next
				if (/ g /)
					printf "%s: mutable external %s\n", file, $NF
				else if (file ~ /^tests\//)
					next
				else if (!index(may, " " file " "))
					printf "%s: mutable static %s\n", file, $NF
			}
			/ \*COM\*/ {printf "%s: mutable external %s\n", file, $NF}'
	done | report data
}

# The simulator shares no code with what it tests: headers say so, and so do the symbols.
check_apart() {
	local symbols=$scratch/symbols layers="core proto io ui app" layer
	for layer in $layers; do
		find "$B/obj/$layer" -name '*.o' -exec nm -g --defined-only {} + 2>/dev/null
	done | awk 'NF == 3 {print $3}' | sort -u >"$symbols"
	find "$B/obj/tests/sim" -name '*.o' -exec nm -u {} + 2>/dev/null | awk '$1 == "U" {print $2}' |
		sort -u | comm -12 - "$symbols" | sed 's/^/tests\/sim uses /' | report apart
}

# ---- tools ----
check_text() {
	local f
	for f in "${all[@]}"; do
		[ "$(head -n 1 "$f")" = "/* SPDX-License-Identifier: GPL-3.0-or-later */" ] ||
			say license "$f does not begin with the license line"
	done
	clang-format --dry-run -Werror "${all[@]}" 2>&1 |
		sed -nE 's/^([^:]+:[0-9]+):[0-9]+: error: .*/\1: is not as make format would have it/p' |
		awk -F: '!seen[$1]++' | report format
	for f in man/*.[1-9]; do
		[ -e "$f" ] && mandoc -T lint -W warning "$f" 2>&1 | report man
	done
	local tasmota=src/core/tasmota
	LC_ALL=C awk -v to=man -v head_file=$tasmota/commands.mdoc -f $tasmota/catalog.awk \
		$tasmota/commands.tsv | cmp -s - man/tasmite-commands.7 ||
		say man "man/tasmite-commands.7 is not as make man would have it"
	for f in man/tasmite.1 man/tasmite.conf.5 man/tasmite-themes.5; do
		"$B/manlists" <"$f" | cmp -s - "$f" || say man "$f is not as make man would have it"
	done
	sh tests/readme.sh 2>&1 | report readme
	# e2e scripts are read by bash and share variables with their lib.sh.
	{
		shellcheck -x -S warning -e SC2046,SC2086 -f gcc tests/*.sh .ci/run
		find tests/e2e tests/peers tests/bench -name '*.sh' -exec shellcheck -x -s bash -S warning \
			-e SC2034,SC2046,SC2086,SC2120,SC2154 -f gcc {} + 2>/dev/null
	} 2>&1 | report shell
}
check_tools() {
	cppcheck -q --enable=warning,portability --std=c11 --inline-suppr -j 2 \
		--suppress=missingInclude --suppress=missingIncludeSystem --suppress=legacyUninitvar \
		--suppress=identicalInnerCondition \
		-Iinclude -Itests -DTASMITE_DATADIR='""' -DTASMITE_VERSION='""' \
		--template='{file}:{line}: {message} [{id}]' src tests/sim 2>&1 | report cppcheck
}

"${cc[@]}" --version >/dev/null 2>&1 || say tools "${cc[*]} does not run"
if [ "$only" = headers ]; then
	check_headers
else
	for tool in clang-format mandoc cppcheck shellcheck objdump nm; do
		command -v "$tool" >/dev/null 2>&1 || say tools "$tool is not installed (make deps lint)"
	done
	read_code
	check_layers
	check_places
	check_pure
	check_rows
	check_headers
	check_comments
	check_sizes
	check_data
	check_apart
	check_text
	check_tools
fi
count=$(grep -c '' "$found")
echo "lint: $count found in ${#all[@]} files"
[ "$count" = 0 ]
