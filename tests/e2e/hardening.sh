# SPDX-License-Identifier: GPL-3.0-or-later
# How the program was built: what the linker and the compiler put in the way of who finds a hole. And
# that a packager's own flags reach every command.
. "$(dirname "$0")/lib.sh"

export LC_ALL=C
elf=$TMPDIR/elf
readelf -hldW --dyn-syms "$B/tasmite" >"$elf" || bad "readelf"
flags=$(cat "$B/flags")

skip() {
	echo "skipped: $case_name: $*"
}
has() { # WHAT REGEX
	grep -qE -- "$2" "$elf" || bad "the program has no $1"
}
hardened() {
	case $flags in
	*-fsanitize=*)
		skip "sanitizers have their own ways"
		return 1
		;;
	esac
}

begin hardening__position_independent
if hardened; then
	has "type DYN" 'Type: +DYN'
	has "flag PIE" 'FLAGS_1.*PIE'
	grep -qE 'TEXTREL' "$elf" && bad "its text is relocated"
	end
fi

begin hardening__relocations_read_only
if hardened; then
	has "GNU_RELRO" 'GNU_RELRO'
	has "BIND_NOW" 'FLAGS.*(BIND_NOW|NOW)'
	end
fi

begin hardening__nothing_writable_runs
has "GNU_STACK" 'GNU_STACK'
grep -E 'GNU_STACK' "$elf" | grep -qE 'RWE' && bad "its stack runs"
grep -E '^ +LOAD ' "$elf" | grep -qE ' RWE ' && bad "a segment is both writable and run"
grep -qE 'R(UN)?PATH' "$elf" && bad "libraries are looked for in a place of its own"
end

begin hardening__stack_is_guarded
if hardened; then
	has "__stack_chk_fail" '__stack_chk_fail'
	end
fi

begin hardening__libc_is_fortified
if hardened; then
	case $flags in
	*' -O0'*) skip "without optimising there is none" ;;
	*)
		has "function of libc that checks its room" 'UND +__[a-z]+_chk'
		end
		;;
	esac
fi

begin hardening__starts_no_program
nm -D --undefined-only "$B/tasmite" >"$TMPDIR/imports" || bad "nm"
grep -qw 'select' "$TMPDIR/imports" || bad "no imports were read"
case $flags in
*-fsanitize=*) ;; # theirs
*) grep -wE 'system|popen|exec[a-z]*|fexecve|v?fork|posix_spawnp?|dlopen' "$TMPDIR/imports" >"$TMPDIR/found" &&
	bad "it can start programs: $(cat "$TMPDIR/found")" ;;
esac
end

# What make would say, without doing it.
begin build__a_packagers_flags__reach_every_command
make -n V=1 B="$TMPDIR/other" CFLAGS='-O1 -DPACKAGER_C' CPPFLAGS='-DPACKAGER_CPP -D_FORTIFY_SOURCE=3' \
	LDFLAGS='-Wl,--packager' "$TMPDIR/other/tasmite" >"$TMPDIR/commands" 2>"$TMPDIR/err" ||
	bad "make -n: $(cat "$TMPDIR/err")"
grep -E ' -c ' "$TMPDIR/commands" | grep -v '^echo' >"$TMPDIR/compile"
[ "$(grep -c . "$TMPDIR/compile")" -gt 100 ] || bad "no commands: $(head -n 3 "$TMPDIR/commands")"
grep -vE -- '-DPACKAGER_CPP .*-DPACKAGER_C ' "$TMPDIR/compile" | head -n 1 | grep -q . &&
	bad "compiled without them: $(grep -vE -- '-DPACKAGER_CPP .*-DPACKAGER_C ' "$TMPDIR/compile" | head -n 1)"
grep -qE -- '-D_FORTIFY_SOURCE=2|-U_FORTIFY_SOURCE' "$TMPDIR/compile" && bad "the packager's _FORTIFY_SOURCE is undone"
grep -E -- '-o [^ ]*/other/tasmite ' "$TMPDIR/commands" | grep -q -- '-Wl,--packager' ||
	bad "linked without them"
end
finish
