# SPDX-License-Identifier: ISC
# complete-editor.zsh - for the shell in which complete.zsh types: TAB writes all matches to $OFFERED/matches.
autoload -Uz compinit
compinit -u -D

compadd() {
    local -a hits
    [[ " ${(j: :)@[1,(i)--]} " == *' '-[OAD]' '* ]] && { builtin compadd "$@"; return; } # only asked what would match
    builtin compadd -O hits "$@"
    (( $#hits )) && print -rl -- $hits >>$OFFERED/matches
    builtin compadd "$@"
}

offer() {
    zle complete-word
    : >$OFFERED/done
}
zle -N offer
bindkey '^I' offer
setopt no_beep
: >$OFFERED/ready
