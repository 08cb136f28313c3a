# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts about make install share.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What is installed below PREFIX.
installed_in() {
	{
		printf "$1/%s\n" bin/tasmite share/applications/tasmite.desktop \
			share/bash-completion/completions/tasmite share/fish/vendor_completions.d/tasmite.fish \
			share/icons/hicolor/scalable/apps/tasmite.svg share/man/man1/tasmite.1 \
			share/man/man5/tasmite-themes.5 share/man/man5/tasmite.conf.5 \
			share/man/man7/tasmite-commands.7 share/zsh/site-functions/_tasmite
		for t in themes/*.theme; do echo "$1/share/tasmite/$t"; done
	} | sort
}
# files_in FOLDER: with its name left out
files_in() {
	(cd "$1" && find . -type f | sed 's/^\.//' | sort)
}
