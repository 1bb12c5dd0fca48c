#!/usr/bin/env zsh
# SPDX-License-Identifier: ISC
# complete.zsh FOLDER LINE... - what zsh offers at the end of each LINE, with the completions of FOLDER: a line for each, its matches
# as they are inserted, with blanks between.
#
# Completion works in a line editor only, so there is an interactive zsh on a pseudo-terminal; its matches go to a file.
emulate -R zsh
zmodload zsh/zpty || exit 1
export OFFERED=$(mktemp -d) || exit 1

await() { # await FILE: that the editor makes
    for ((i = 0; i < 600; i++)); do
        [[ -e $OFFERED/$1 ]] && return
        sleep 0.05
    done
    print -u2 "the line editor does not answer"
    exit 1
}

zpty editor zsh -f -i
zpty -w editor "PS1= fpath=(${(q)1:A} \$fpath); source ${(q)0:A:h}/complete-editor.zsh"
await ready
for line in "${@[2,-1]}"; do
    rm -f $OFFERED/{matches,done}
    zpty -w -n editor $'\C-u'$line$'\t'
    await done
    print -r -- ${(f)"$(sort -u $OFFERED/matches 2>/dev/null)"}
done
zpty -d editor
rm -r $OFFERED
