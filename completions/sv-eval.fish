# SPDX-License-Identifier: ISC
# Completion for sv-tools in fish. It asks the program for its options and their values, so it never has to be brought up to date:
# see sv-eval.bash for what `sv-eval --complete-options` prints. For KIND "ask" `sv-eval --complete-values=NAME WORDS...`, WORDS
# being the line as it stands, prints lines VALUE<TAB>TEXT, which is what fish wants.

function __sv_words
    commandline -opc 2>/dev/null | string replace -r '^~/' "$HOME/"
end

function __sv_ask
    set -l words (__sv_words)
    $words[1] --complete-values=$argv[1] $words[2..-1] 2>/dev/null
end

function __sv_verb # __sv_verb NAME: is it the verb of the line? Without a name: has it none yet?
    set -l words (__sv_words)
    set -l verb (string match -v -- '-*' $words[2..-1])[1]
    test "$verb" = "$argv[1]"
end

function __sv_first # __sv_first VERB: is it the verb of the line, and does nothing stand behind it yet?
    set -l words (__sv_words)
    test "$(string match -v -- '-*' $words[2..-1])" = "$argv[1]"
end

function __sv_options -a name program verb # what is to be offered, behind a verb or where there are none
    set -l only
    test -n "$verb"; and set only -n "__sv_verb $verb"
    for line in ($program --complete-options $verb 2>/dev/null)
        set -l column (string split \t -- $line)
        set -l long (string replace -r -- '^-+' '' $column[1])
        set -l option -c $name -d $column[3] $only
        if test "$column[2]" = verb
            complete -c $name -f -n __sv_verb -a $column[1] -d $column[3]
            __sv_options $name $program $column[1]
            continue
        else if test "$column[2]" = word
            complete -c $name -f -n "__sv_first $verb" -a $column[1] -d $column[3]
            continue
        end
        string match -q -- '--*' $column[1]; and set -a option -l $long; or set -a option -s $long
        switch $column[2]
            case ''
                complete $option
            case value
                complete $option -x
            case file
                complete $option -r -F
            case folder
                complete $option -x -a '(__fish_complete_directories)'
            case ask
                complete $option -x -a "(__sv_ask $long)"
            case '*'
                complete $option -x -a $column[2]
        end
    end
end

set -l words (__sv_words)
set -l name (string replace -r '\.fish$' '' (status basename))
string match -q -- "*/$name" $words[1]; or set words $name
__sv_options $name $words[1]
