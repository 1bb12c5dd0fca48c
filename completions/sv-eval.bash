# SPDX-License-Identifier: ISC
# Completion for sv-tools in bash. It asks the program for its options, so it never has to be brought up to date:
# `sv-eval --complete-options WORDS...`, WORDS being the line up to the cursor, prints a line an option, NAME<TAB>KIND<TAB>TEXT; KIND is
# empty for one without a value, "value" for one whose values nobody can guess, "file", "folder", the words to choose from, or "ask":
# `sv-eval --complete-values=NAME WORDS...`, WORDS being the line as it stands, prints lines VALUE<TAB>TEXT. A program with verbs tells
# its verbs, NAME<TAB>verb<TAB>TEXT, and behind one of them the options of that; with NAME<TAB>word<TAB>TEXT for what its first operand
# may be, as long as that is missing.

_sv_ask() { # _sv_ask NAME CUR: the values of this option
    local name=${1#-} cur=$2 word line
    local -a words=()
    name=${name#-}
    for word in "${COMP_WORDS[@]:1}"; do # as the program would see them: without quotes; nothing in them is run
        word=${word//[\"\'\\]/} word=${word/#\~\//$HOME/}
        if [[ ${#words[@]} -gt 0 && ($word == = || ${words[-1]} == *=) ]]; then # bash parts at the `=`
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] && COMPREPLY+=("${line%%$'\t'*}")
    done < <("$program" --complete-values="$name" "${words[@]}" 2>/dev/null)
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}

_sv_complete() {
    local program=${COMP_WORDS[0]/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} prev='' line name option='' kind taken=0 i
    local -A kinds=() verbs=()
    COMPREPLY=()
    while IFS= read -r line; do
        name=${line%%$'\t'*} line=${line#*$'\t'} kind=${line%%$'\t'*}
        if [[ $kind == verb || $kind == word ]]; then verbs[$name]=1; else kinds[$name]=$kind; fi
    done < <("$program" --complete-options "${COMP_WORDS[@]:1:COMP_CWORD > 0 ? COMP_CWORD - 1 : 0}" 2>/dev/null)

    # Whose value the word under the cursor is: that of `--name=`, which bash parts at the `=`, or of the option before.
    ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]] && ((COMP_CWORD > 1)); then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -- ]] && taken=1 prev=''
    done
    kind=''
    if [[ $prev == --* ]]; then
        option=$prev kind=${kinds[$prev]-}
    elif [[ $prev == -?* ]]; then # joined letters: the first that takes a value takes the rest of the word, or this one
        for ((i = 1; i < ${#prev}; i++)); do
            option=${prev:i:1} kind=${kinds[-${prev:i:1}]-}
            [[ -n $kind ]] && break
        done
        ((i == ${#prev} - 1)) || kind=''
    fi

    case $kind in
    value) ;;
    ask) _sv_ask "$option" "$cur" ;;
    folder)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        compopt -o filenames 2>/dev/null
        ;;
    '' | file)
        if [[ -z $kind && $taken == 0 && $cur == -* ]]; then
            [[ ${#kinds[@]} == 0 ]] || mapfile -t COMPREPLY < <(compgen -W "${!kinds[*]}" -- "$cur" | LC_ALL=C sort)
        elif [[ -z $kind && ${#verbs[@]} -gt 0 ]]; then
            mapfile -t COMPREPLY < <(compgen -W "${!verbs[*]}" -- "$cur" | LC_ALL=C sort)
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
        fi
        ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$cur") ;;
    esac
    return 0
}

complete -F _sv_complete sv-eval sv-index sv-team sv-bench sv-alert
