# SPDX-License-Identifier: GPL-3.0-or-later
# The shells' completions, by real shells that read the scripts and are given Tab: sub-commands,
# options, their values, ports, profiles, themes, settings, firmware files.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
mkdir -p "$XDG_CONFIG_HOME/tasmite/themes" "$TMPDIR/here/folder"
printf 'profile kitchen {\n\tbaud = 9600\n}\n' >"$XDG_CONFIG_HOME/tasmite/config"
printf 'style rx { 8 = green }\n' >"$XDG_CONFIG_HOME/tasmite/themes/meadow.theme"
for f in tasmota.bin other.txt 'with blank.bin' packed.bin.gz; do : >"$TMPDIR/here/$f"; done
for s in bash zsh fish; do
	"$B/tasmite" --completion $s >"$TMPDIR/tasmite.$s"
done
printf '#!/bin/sh\nexec %s "$@"\n' "$(shim_env "$B/tasmite" | sed 's/^/env /') $B/tasmite" >"$TMPDIR/tasmite"
chmod 755 "$TMPDIR/tasmite"
adapter_start --power off
has_port() {
	"$TMPDIR/tasmite" --completion ports | grep -q '^/dev/ttyUSB0'
}
wait_for 10 has_port

begin words__are_told__for_the_shells
"$TMPDIR/tasmite" --completion targets >"$TMPDIR/out" || bad "exit code"
grep -q "^kitchen$(printf '\t')profile\$" "$TMPDIR/out" || bad "no profile"
grep -q "^/dev/ttyUSB0$(printf '\t')" "$TMPDIR/out" || bad "no port: $(cat "$TMPDIR/out")"
"$B/tasmite" --completion themes | grep -q '^meadow' || bad "the user's theme is missing"
"$B/tasmite" --completion settings | grep -q "^scrollback$(printf '\t')memory" || bad "no setting"
"$B/tasmite" --completion nonsense >/dev/null 2>&1
[ $? = 2 ] || bad "nonsense is taken"
end

# Each option and sub-command of --help stands in each script.
begin scripts__have__every_option
for command in '' $("$B/tasmite" --help | sed -nE 's/^ +tasmite ([a-z]+) .*/\1/p'); do
	for option in $("$B/tasmite" $command --help | sed -nE 's/^ +--([a-z-]+).*/\1/p'); do
		grep -q -- "--$option\b" "$TMPDIR/tasmite.bash" || bad "bash lacks --$option"
		grep -q -- "[*]--${option}[=[]" "$TMPDIR/tasmite.zsh" || bad "zsh lacks --$option"
		grep -q -- " -l $option " "$TMPDIR/tasmite.fish" || bad "fish lacks --$option"
	done
	[ -z "$command" ] || for s in bash zsh fish; do
		grep -q -w -- "$command" "$TMPDIR/tasmite.$s" || bad "$s lacks $command"
	done
done
end

# shell NAME COMMAND: that shell in the terminal, its prompt and the script read.
shell() {
	tm_start 100 30 "cd '$TMPDIR/here' && PATH=$TMPDIR:\$PATH $2"
	wait_for 10 tm_shows 'ready>' || bad "$1 did not start"
}
# becomes TYPED REGEX...: after Tab the screen has all of these
becomes() {
	local typed=$1 pattern
	shift
	tm_keys C-u C-l
	gone 'tasmite' 10
	tm_type "$typed"
	see "ready> ?tasmite"
	tm_keys Tab
	[ -z "$twice" ] || tm_keys Tab
	for pattern in "$@"; do
		see "$pattern"
	done
}
# The same questions for all. bash lists only at a second Tab.
ask_all() {
	local twice=
	becomes 'tasmite diag' 'ready> ?tasmite diagnose'
	becomes 'tasmite flash --keep' 'tasmite flash --keep-settings'
	becomes 'tasmite flash tasm' 'tasmite flash tasmota\.bin'
	becomes 'tasmite flash pack' 'tasmite flash packed\.bin\.gz'
	becomes 'tasmite flash with' 'with\\ blank\.bin'
	becomes 'tasmite --theme mead' 'tasmite --theme meadow'
	becomes 'tasmite --set scrollb' 'tasmite --set scrollback='
	becomes 'tasmite kitch' 'tasmite kitchen'
	becomes 'tasmite chip --port /dev/ttyU' 'tasmite chip --port /dev/ttyUSB0'
	twice=$1
	becomes 'tasmite flash --mode d' 'dio' 'dout'
}

begin bash__completes__a_command_line
shell bash "env PS1='ready> ' bash --norc -i"
tm_line "source '$TMPDIR/tasmite.bash'"
ask_all twice
twice=
becomes 'tasmite --dtr=ke' 'tasmite --dtr=keep'
tm_keys C-u C-l
gone tasmite
tm_type 'tasmite image o'
tm_keys Tab Tab
tm_type 'ther'
see 'tasmite image other' # no firmware: nothing is completed
tm_stop
end

for s in zsh fish; do
	begin ${s}__completes__a_command_line
	if ! command -v $s >/dev/null; then
		echo "skipped: ${s}__completes__a_command_line: $s is not installed"
		continue
	fi
	if [ $s = zsh ]; then
		printf "PS1='ready> '\nautoload -U compinit; compinit -D -u\nsource '%s'\n" "$TMPDIR/tasmite.zsh" >"$TMPDIR/.zshrc"
		shell zsh "env ZDOTDIR=$TMPDIR zsh -i"
	else
		mkdir -p "$XDG_CONFIG_HOME/fish"
		printf "set -g fish_greeting\nfunction fish_prompt; echo -n 'ready> '; end\nset -g fish_autosuggestion_enabled 0\nsource '%s'\n" \
			"$TMPDIR/tasmite.fish" >"$XDG_CONFIG_HOME/fish/config.fish"
		shell fish "fish -i"
	fi
	ask_all ''
	tm_stop
	end
done

finish
