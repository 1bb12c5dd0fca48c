# SPDX-License-Identifier: ISC
# Completion for sv-eval in fish. It asks the program for its options and their values, so it never has to be brought up to date:
# see sv-eval.bash for what `sv-eval --complete-options` prints. For KIND "ask" `sv-eval --complete-values=NAME WORDS...`, WORDS
# being the line as it stands, prints lines VALUE<TAB>TEXT, which is what fish wants.

function __sv_words
    commandline -opc 2>/dev/null | string replace -r '^~/' "$HOME/"
end

function __sv_ask
    set -l words (__sv_words)
    $words[1] --complete-values=$argv[1] $words[2..-1] 2>/dev/null
end

set -l words (__sv_words)
set -q words[1]; or set words sv-eval
for line in ($words[1] --complete-options 2>/dev/null)
    set -l column (string split \t -- $line)
    set -l name (string replace -r -- '^-+' '' $column[1])
    set -l option -c sv-eval -d $column[3]
    string match -q -- '--*' $column[1]; and set -a option -l $name; or set -a option -s $name
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
            complete $option -x -a "(__sv_ask $name)"
        case '*'
            complete $option -x -a $column[2]
    end
end
