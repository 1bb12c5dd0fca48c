#!/usr/bin/env zsh
# SPDX-License-Identifier: ISC
# complete.zsh FOLDER LINE - what zsh offers at the end of LINE, with the completions of FOLDER: a match a line, as it is inserted.
#
# Completion works in a line editor only, so there is an interactive zsh on a pseudo-terminal; its matches go to a file.
emulate -R zsh
zmodload zsh/zpty || exit 1
export OFFERED=$(mktemp -d) || exit 1
folder=${1:A} line=$2

zpty editor zsh -f -i
zpty -w editor "PS1= fpath=(${(q)folder} \$fpath); source ${(q)0:A:h}/complete-editor.zsh"
for ((i = 0; i < 200; i++)); do # its own start, with all of zsh's completions
    [[ -e $OFFERED/ready ]] && break
    sleep 0.05
done
zpty -w -n editor $line$'\t'
for ((i = 0; i < 200; i++)); do
    [[ -e $OFFERED/done ]] && break
    sleep 0.05
done
zpty -d editor
[[ -e $OFFERED/done ]] && cat $OFFERED/matches 2>/dev/null | sort -u
found=$?
rm -r $OFFERED
exit $found
