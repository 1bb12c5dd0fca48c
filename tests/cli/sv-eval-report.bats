# SPDX-License-Identifier: ISC
# Reports of findings: the summary on a terminal, CSV for spreadsheets, the page.
load helper

# findings N: a log with so many findings, by three agents, in minutes from 2026-11-20 00:00 on; two policies in policies.yaml.
findings() {
    policies policies.yaml <<'END'
version: 1
policies:
  - id: any-note
    title: "Something was noted <b>&amp;"
    severity: warning
    when: type == "x.y"
    message: '"noted: " + text'
  - id: seventh
    title: Every seventh
    severity: critical
    runbook: https://runbooks.example/seventh?a=1&b=2
    when: type == "x.y" && text.endsWith("7")
END
    seq 0 $(($1 - 1)) | awk '{
        printf "{\"type\":\"x.y\",\"id\":\"e%d\",\"agent\":\"a%d\",\"time\":\"2026-11-20T%02d:%02d:00Z\",\"text\":\"t%d\"}\n", $1, $1 % 3, $1 / 60 % 24, $1 % 60, $1
    }' >log.ndjson
}

# ours ARGUMENTS...: the policies of `findings` over its log.
ours() {
    sv-eval -N -p policies.yaml --exit-zero "$@" log.ndjson
}

# csv FILE CODE: the file as python's csv module reads it, in `rows`, for this line of Python.
csv() {
    need python3
    python3 -c 'import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))
'"$2" "$1"
}

# page FILE CODE: python's parser over the page; `tags` is a list of (tag, attributes, text directly behind it).
page() {
    need python3
    python3 -c 'import sys
from html.parser import HTMLParser
tags, open_tags, wrong = [], [], []
class Page(HTMLParser):
    def handle_starttag(self, tag, attrs):
        tags.append([tag, dict(attrs), ""])
        if tag not in ("meta", "br"): open_tags.append(tag)
    def handle_startendtag(self, tag, attrs): tags.append([tag, dict(attrs), ""])
    def handle_endtag(self, tag):
        if not open_tags or open_tags.pop() != tag: wrong.append(tag)
    def handle_data(self, data):
        if tags: tags[-1][2] += data
text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
def texts(tag): return [t[2].strip() for t in tags if t[0] == tag]
assert not wrong and not open_tags, (wrong, open_tags)
'"$2" "$1"
}

@test "on a terminal: up to 50 rows are shown, of more a summary a policy" {
    need script
    findings 46 # and 4 of the other policy
    run on_terminal env COLUMNS=130 sv-eval -N -p policies.yaml --exit-zero --utc log.ndjson
    assert_success
    [[ ${lines[0]} == *SEVERITY*TIME*AGENT*POLICY*WHAT*AT* ]]
    assert_equal "${#lines[@]}" 53
    assert_equal "${lines[52]}" "50 violations of 2 policies in 46 events · 3 agents"

    findings 48 # 48 and 5
    run on_terminal env COLUMNS=130 NO_COLOR=1 sv-eval -N -p policies.yaml --exit-zero --utc log.ndjson
    assert_success
    assert_equal "${#lines[@]}" 5
    assert_line --index 0 --regexp '^SEVERITY  COUNT  POLICY +AGENTS  FIRST +LAST +EXAMPLE +AT$'
    assert_line --index 1 --regexp '^critical      5  seventh +3  11-20 00:07  11-20 00:47  t47 +log.ndjson:48$'
    assert_line --index 2 --regexp '^warning      48  any-note +3  11-20 00:00  11-20 00:47  t47 +log.ndjson:48$'
    assert_line --index 3 "53 violations of 2 policies in 48 events · 3 agents"
    assert_line --index 4 "(-v shows every one, -n 20 the last 20)"
}

@test "the summary begins with the 51st row" {
    need script
    findings 60
    for n in 50 51; do
        policy 'when: type == "x.y"'
        head -n $n log.ndjson >some.ndjson
        run on_terminal env NO_COLOR=1 sv-eval -N -p "$policy" --exit-zero some.ndjson
        if [ $n = 50 ]; then assert_equal "${#lines[@]}" 53; else assert_equal "${#lines[@]}" 4; fi
    done
}

@test "on a terminal: -n adds the last rows below the summary, -v all of them before it" {
    need script
    findings 100
    run on_terminal env COLUMNS=130 NO_COLOR=1 sv-eval -N -p policies.yaml --exit-zero --utc -n 2 log.ndjson
    assert_success
    assert_line --index 1 --regexp '^critical     10  seventh'
    assert_line --index 3 --regexp '^SEVERITY +TIME'
    assert_line --index 5 --regexp '^warning +11-20 01:39 +a0 +any-note +t99 +log.ndjson:100$'
    assert_line --index 6 "110 violations of 2 policies in 100 events · 3 agents"
    assert_equal "${#lines[@]}" 7

    run on_terminal env COLUMNS=130 NO_COLOR=1 sv-eval -N -p policies.yaml --exit-zero --utc -v log.ndjson
    assert_line --index 0 --regexp '^SEVERITY +TIME'
    assert_line --index 110 --regexp '^warning +11-20 01:39 +a0 +any-note +t99'
    assert_line --index 111 --regexp '^SEVERITY +COUNT'
    assert_line --index 112 --regexp '^critical +10  seventh'
}

@test "a summary leaves out columns where the terminal is narrow, and fits in it" {
    need script
    findings 100
    for width in 78 80 104 105 200; do
        run on_terminal env COLUMNS=$width NO_COLOR=1 sv-eval -N -p policies.yaml --exit-zero log.ndjson
        assert_success
        assert_line --index 0 --regexp '^SEVERITY +COUNT +POLICY'
        for line in "${lines[@]}"; do
            [ ${#line} -le $((width + 4)) ] || fail "$width: $line" # bytes; the ellipsis has three
        done
        assert_equal "$([[ ${lines[0]} != *FIRST* ]] || echo has it)" "$([ $width -lt 79 ] || echo has it)"
        assert_equal "$([[ ${lines[0]} != *\ AT ]] || echo has it)" "$([ $width -lt 105 ] || echo has it)"
    done
}

@test "over more than most of a year the summary has dates with years" {
    need script
    findings 60
    { sed 's/2026/2024/' log.ndjson && cat log.ndjson; } >years.ndjson
    run on_terminal env COLUMNS=120 NO_COLOR=1 sv-eval -N -p policies.yaml --exit-zero --utc years.ndjson
    assert_line --index 2 --regexp '^warning +120  any-note +3  2024-11-20 +2026-11-20'
}

@test "in a pipe -o text prints rows, however many, and so does a terminal that reads a pipe or has --all" {
    need script
    findings 100
    run ours -o text --utc
    assert_line --index 0 --regexp '^SEVERITY +TIME'
    assert_equal "${#lines[@]}" 113
    assert_line --index 111 "any-note 100 (11-20 01:39) · seventh 10 (11-20 01:37)"
    run on_terminal bash -c 'cat log.ndjson | sv-eval -N -p policies.yaml --exit-zero'
    assert_equal "$(grep -c any-note <<<"$output")" 101
    run on_terminal sv-eval -N -p policies.yaml --exit-zero --all log.ndjson
    assert_equal "$(grep -c seventh <<<"$output")" 101
}

@test "-o csv: a head, a row a finding, the same facts as JSON" {
    findings 20
    ours -o csv >out.csv
    ours -o json >out.json
    assert_equal "$(head -n 1 out.csv)" $'time,severity,policy,outcome,action,agent,team,supervisor,session,message,at,event,key,values,id\r'
    csv out.csv 'import json
lines = [json.loads(l) for l in open("out.json")]
assert len(rows) == len(lines) + 1 == 23, len(rows)
for row, line in zip(rows[1:], lines):
    want = [line.get(name, "") for name in rows[0]]
    assert row == want, (row, want)'
    assert_equal "$(grep -c $'\r$' out.csv)" 23
}

@test "-o csv: formulas are defused, line ends and quotes survive, what is no text is replaced" {
    policy 'when: type == "x.y"' 'message: text'
    for text in '=1+1' '+1' '-5' '@x' '\t=1' '\r1' ' =1' '\ufeff=1' '\u200b-2' '\uff1d1' 'plain' 'a,b' 'say \"so\"' 'two\nlines' 'a\r\nb' 'nul\u0000' 'x=1' '5'; do
        printf '{"type":"x.y","text":"%s","agent":"%s"}\n' "$text" "$text"
    done >log.ndjson
    printf '{"type":"x.y","text":"last","agent":"=cmd|calc!A0","session":"-2+3","team":"ok"}\n' >>log.ndjson
    sv-eval -N -p "$policy" --exit-zero -o csv log.ndjson >out.csv
    csv out.csv 'column = {name: i for i, name in enumerate(rows[0])}
got = [row[column["message"]] for row in rows[1:-1]]
want = ["\x27=1+1", "\x27+1", "\x27-5", "\x27@x", "\x27\t=1", "\x27\r1", "\x27 =1", "\x27\ufeff=1", "\x27\u200b-2", "\x27\uff1d1", "plain", "a,b",
        "say \"so\"", "two\nlines", "a\r\nb", "nul\ufffd", "x=1", "5"]
assert got == want, [(g, w) for g, w in zip(got, want) if g != w]
assert [row[column["agent"]] for row in rows[1:-1]] == want
last = rows[-1]
assert last[column["agent"]] == "\x27=cmd|calc!A0" and last[column["session"]] == "\x27-2+3" and last[column["team"]] == "ok", last
assert all(len(row) == len(rows[0]) for row in rows)'
}

@test "-o csv: -n prints the head and the last rows; without a finding there is a head" {
    findings 20
    run ours -o csv -n 2
    assert_equal "${#lines[@]}" 3
    assert_line --index 2 --partial 'noted: t19'
    run sv-eval -N -p policies.yaml -o csv <<<'{"type":"z"}'
    assert_success
    assert_equal "${#lines[@]}" 1
    assert_line --index 0 --partial 'time,severity,'
}

@test "--convert -o csv: a column a field, other keys in the last; secrets are replaced, and it can be read again" {
    { event type=tool.call tool=Bash id=e1 agent='=a' time=2026-11-20T00:00:00Z 'args={"command":"ls, -l","password":"hunter2hunter2"}' exit_code=-5 cost_usd=-0.5 mine=1 other='{"a":[1]}'
      event type=x.y id=e2 'text=a "b"'$'\n''c' token=ghp_0123456789abcdefghijABCDEFGHIJ456789; } >log.ndjson
    sv-eval --convert log.ndjson >out.json
    sv-eval --convert -o csv log.ndjson >out.csv
    run sv-eval --convert -o csv -n 1 log.ndjson
    assert_line --index 0 --regexp '^id,time,time_from,source,type,.*,decision,ext,more'
    assert_line --index 1 --regexp '^e2,'
    csv out.csv 'import json
lines = [json.loads(l) for l in open("out.json")]
assert len(rows) == 3, len(rows)
for row, line in zip(rows[1:], lines):
    got = {name: cell for name, cell in zip(rows[0], row) if cell}
    more = json.loads(got.pop("more", "{}"))
    want = {k: v if isinstance(v, str) else json.dumps(v, separators=(",", ":")) for k, v in line.items() if k in rows[0]}
    if "agent" in want: want["agent"] = "\x27" + want["agent"]
    assert got == want, (got, want)
    assert more == {k: v for k, v in line.items() if k not in rows[0]}, more
    assert len(row) == len(rows[0])
text = open("out.csv").read()
assert "ghp_0123" not in text and "hunter2hunter2" not in text
assert ",-5," in text and ",-0.5," in text'
    run sv-eval --convert -i csv out.csv
    assert_success
    assert_equal "$(jq -c '[.id, .type, .exit_code, .cost_usd]' <<<"$output")" '["e1","tool.call",-5,-0.5]
["e2","x.y",null,null]'
}

@test "-o csv streams: a row is out before the input ends" {
    findings 1
    mkfifo in out
    sv-eval -N -p policies.yaml --exit-zero -o csv <in >out &
    exec 7>in 8<out
    cat log.ndjson >&7
    IFS= read -r -t 10 head <&8
    IFS= read -r -t 10 row <&8
    [[ $head == time,* && $row == 2026-11-20T00:00:00Z,warning,any-note,* ]]
    exec 7>&- 8<&-
    wait
}

@test "-o html: a page that stands alone, well-formed, with charts, tables and totals" {
    findings 100
    ours -o html >page.html
    page page.html '
metas = [t[1] for t in tags if t[0] == "meta"]
policy = [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
assert policy and policy[0].startswith("default-src \x27none\x27; style-src \x27unsafe-inline\x27"), policy
assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image"} & {t[0] for t in tags}
for tag, attrs, _ in tags:
    assert not {"src", "srcset", "style", "background", "xlink:href"} & set(attrs), (tag, attrs)
    assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
    assert tag == "a" or "href" not in attrs, (tag, attrs)
style = texts("style")[0]
assert "@import" not in style and "url(" not in style and "prefers-color-scheme:dark" in style and "@media print" in style
assert texts("h1") == ["Findings"] and texts("h2") == ["Findings by day", "Findings by policy", "Findings by agent", "Policies", "Findings"], texts("h2")
facts = dict(zip(texts("dt"), texts("dd")))
assert facts == {"violations": "110", "critical": "10", "warning": "100", "policies": "2 of 2", "agents seen": "3", "events": "100"}, facts
pictures = [t for t in tags if t[0] == "svg" and t[1].get("role") == "img"]
assert len(pictures) == 3 and all(t[1]["aria-labelledby"] for t in pictures)
ids = [t[1]["id"] for t in tags if "id" in t[1]]
assert len(ids) == len(set(ids)) == 6 and all(set(t[1]["aria-labelledby"].split()) <= set(ids) for t in pictures)
assert texts("desc")[0] == "2026-11-20; the most is 2026-11-20: 10 critical, 100 warning", texts("desc")
assert all(t[1].get("scope") == "col" for t in tags if t[0] == "th")
links = [t for t in tags if t[0] == "a"]
assert [(t[1]["href"], t[2].strip()) for t in links] == [("https://runbooks.example/seventh?a=1&b=2",) * 2], links
assert "Something was noted <b>&amp;" in texts("small"), texts("small")[:3]
assert texts("p")[0] == "What policies found in the logs of AI agents, in 1 file, from 2026-11-20 00:00 to 2026-11-20 01:39 UTC", texts("p")
'
    if command -v xmllint >/dev/null; then
        sed -n '/^<svg xmlns/,/^<\/svg>/p' page.html | awk '/^<svg/ { n++ } { print > ("picture" n ".svg") }'
        run xmllint --noout picture1.svg picture2.svg picture3.svg
        assert_success
    fi
}

@test "-o html: the same bytes every time, in every zone and locale" {
    findings 100
    ours -o html >a.html
    sleep 1.1
    TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 COLUMNS=40 ours -o html >b.html
    cmp a.html b.html
}

@test "-o html: hostile names and messages stay text" {
    policy 'title: "</title><script>alert(1)</script>"' 'runbook: "javascript:alert(1)"' 'when: type == "x.y"' "message: 'text'"
    for text in '<script>alert(1)</script>' '\u202eevil\u2066' 'nul\u0000 bell\u0007 \u001b[31m' "' onload='x" '\" onload=\"x' '&lt;b&gt;' '<!-- ' ']]>' '\ud83d\ude00 gr\u00f6\u00df' '</style>'; do
        printf '{"type":"x.y","agent":"%s","text":"%s","session":"%s"}\n' "$text" "$text" "$text"
    done >log.ndjson
    sv-eval -N -p "$policy" --exit-zero -o html log.ndjson >page.html
    page page.html '
assert "script" not in {t[0] for t in tags} and "a" not in {t[0] for t in tags}
assert not [t for t in tags if any(name.startswith("on") for name in t[1])]
bad = [c for c in text if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 or 0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069]
assert not bad, bad
cells = texts("td")
for want in ["<script>alert(1)</script>", "\\u{202e}evil\\u{2066}", "nul\\x00 bell\\x07 \\x1b[31m", "\x27 onload=\x27x", "\" onload=\"x", "&lt;b&gt;", "<!--", "]]>", "\U0001f600 grö\xdf", "</style>"]:
    assert cells.count(want) >= 2, (want, cells)
assert "</title><script>alert(1)</script>" in texts("small") and "javascript:alert(1)" in cells
'
}

@test "-o html: days become weeks, the table has the severest of the latest, and says what it leaves out" {
    policies policies.yaml <<'END'
version: 1
policies:
  - {id: low, title: low, severity: info, when: type == "x.y"}
  - {id: high, title: high, severity: error, when: type == "x.y" && text == "7"}
END
    seq 0 999 | awk '{ printf "{\"type\":\"x.y\",\"agent\":\"a%d\",\"time\":\"2026-%02d-%02dT00:00:00Z\",\"text\":\"%d\"}\n", $1, 1 + $1 / 90, 1 + $1 % 28, $1 }' >log.ndjson
    ours -o html >page.html
    page page.html '
assert texts("h2")[0] == "Findings by week", texts("h2")
labels = [t[2].strip() for t in tags if t[0] == "text"]
assert "988 others" in labels, labels
rows = [t for t in tags if t[0] == "td" and t[1].get("data-h") == "Where"]
assert len(rows) == 500 and rows[0][2].strip() == "log.ndjson:8", (len(rows), rows[0])
assert "501 less severe or earlier findings are left out here; they are in all counts above" in texts("p"), texts("p")
'
    ours -o html -n 3 >page.html
    page page.html 'assert len([t for t in tags if t[0] == "td" and t[1].get("data-h") == "Where"]) == 3'
}

@test "-o html without a finding says so" {
    findings 5
    run sv-eval -N -p policies.yaml -o html <<<'{"type":"z"}'
    assert_success
    assert_line --partial 'Nothing was found, in 1 file'
    refute_output --partial '<svg'
    refute_output --partial '<table'
}

@test "-o csv and -o html need little memory, whatever the input says" {
    limit_memory 200000 # of addresses; libraries map most of it
    policy 'when: type == "x.y"' 'message: text'
    seq 100000 | awk '{ printf "{\"type\":\"x.y\",\"agent\":\"agent-%d\",\"time\":%d,\"text\":\"text number %d\"}\n", $1, 1000000000 + $1 * 6000, $1 }' >log.ndjson
    for form in html csv; do
        sv-eval -N -p "$policy" --exit-zero -o $form log.ndjson >out.$form
    done
    [ "$(stat -c %s out.html)" -lt 500000 ]
    assert_equal "$(wc -l <out.csv)" 100001
}

@test "a form that is none is named, and so is one that does not fit" {
    run --separate-stderr sv-eval -o xml </dev/null
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-eval: -o xml: unknown form (text, json, csv, html)"
    run --separate-stderr sv-eval --convert -o html </dev/null
    assert_failure 2
    assert_equal "${stderr_lines[0]}" "sv-eval: -o html: a page shows findings, --convert prints events (json or csv)"
}
