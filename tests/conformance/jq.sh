#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# tests/conformance/jq.sh FOLDER [SECONDS [SEED]] - what our JSON reader takes and refuses, against `jq -e .` on the same lines:
# 30,000 lines of one seed, or for SECONDS with ever new ones. TAP; a difference that the table does not name is a failure, and
# its line is shown. jq reads each line as text and that as JSON, many to a process.
#
# By design, as  who takes it  word: why
by_design='
jq utf8: jq mends invalid UTF-8 when it reads a line, and what is mended is not what was written
jq deep: 128 levels are our bound, 256 jq 1.6 has
jq long-number: 1,024 bytes of a number are our bound
jq mark: a byte order mark is taken off a file by its reader, and stands in no value
jq separator: jq 1.6 ends a text at a record separator (0x1e), and starts over
jq last-control: of the control characters in strings jq overlooks the last, 0x1f
jq nan: nan and infinity are no JSON
jq number: 01, 1., .5, +1 and one behind a vertical tab are no numbers of JSON
we surrogate: half a pair of \u escapes is passed on as U+FFFD; jq 1.6 refuses it
'
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${B:=$here/../../build}"
folder=$1 seconds=${2-} seed=${3:-1}
command -v jq >/dev/null || { echo '1..0 # skip jq is not installed'; exit; }
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 4
export LC_ALL=C

# One round. Counts go to ./counts, lines that differ beyond the table to ./differ; false if there are such.
compare() { # compare SEED COUNT
    "$B/conformance/jq" make "$1" "$2" "$folder" >lines && "$B/conformance/jq" judge <lines >ours &&
        jq -R 'if [try (fromjson | 1) catch 0] == [1] then "yes" else "no" end' <lines | tr -d '"' >theirs || return
    if [ "$(wc -l <lines)" != "$(wc -l <theirs)" ] || [ "$(wc -l <lines)" != "$(wc -l <ours)" ]; then
        echo '# a line is missing'
        return 1
    fi
    paste -d '\t' theirs ours lines | awk -F '\t' -v table="$by_design" '
        BEGIN { n = split(table, rows, "\n"); for (i = 1; i <= n; i++) if (rows[i] != "") { split(rows[i], part, ":"); known[part[1]] = 1 } }
        {
            split($2, said, " ")
            word = substr($2, length(said[1]) + 2)
            if (said[1] == $1) { same[$1]++; next }
            key = ($1 == "yes" ? "jq " : "we ") word
            if (key in known) design[key]++
            else { bad++; print "jq " $1 ", we " $2 ": " substr($0, length($1) + length($2) + 3) >"differ" }
        }
        END {
            print same["yes"] + 0, same["no"] + 0 >"counts"
            for (key in design) print key, design[key] >"design"
            exit bad > 0
        }'
}

yes=0 no=0 rounds=0 status=0
until [ "$rounds" -gt 0 ] && { [ -z "$seconds" ] || [ "$SECONDS" -ge "$seconds" ]; }; do
    : >differ
    : >design
    if ! compare "$seed" 30000; then
        status=1
        echo "# seed $seed:"
        head -n 20 differ | cat -v | cut -c1-300 | sed 's/^/# /'
    fi
    cat design >>designs
    read -r y n <counts && yes=$((yes + y)) no=$((no + n)) rounds=$((rounds + 1)) seed=$((seed + 1))
    [ "$status" = 0 ] || break
done
awk '{ n[$1 " " $2] += $3 } END { for (k in n) print "# only " k ": " n[k] ", by design" }' designs | sort
echo "# both take $yes lines, both refuse $no"
[ "$status" = 0 ] || printf 'not '
echo "ok 1 - the reader takes what jq takes, $rounds rounds"
# The table is no excuse for what does not happen: most lines must be judged the same, many of them taken.
[ "$yes" -gt 5000 ] && [ "$no" -gt 5000 ] || printf 'not '
echo "ok 2 - many lines are taken, many refused"
echo 1..2
exit $status
