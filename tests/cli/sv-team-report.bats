#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-team report: a day, a week, a month beside the one before, as text, as CSV, as a page.

load helper

setup() {
    clean_place
    need jq
    export SV_STORE=$PWD/s.db SV_NOW=2026-11-25T06:00:00Z TZ=UTC # a Wednesday
    cat >policy.yaml <<'END'
version: 1
policies:
  - id: forbidden
    severity: critical
    when: type == "tool.call" && tool == "Rm"
  - id: odd
    when: type == "note"
END
}

report() {
    run --separate-stderr sv-team report "$@"
}

# event TIME AGENT TYPE [MEMBERS]
event() {
    printf '{"id":"%s","time":"%s","agent":"%s","session":"s","type":"%s"%s}\n' "$RANDOM$RANDOM$RANDOM" "$1" "$2" "$3" "${4-}" >>log.ndjson
}

read_log() {
    sv-eval -r -q -p policy.yaml --exit-zero log.ndjson >/dev/null
}

# values PART COLUMN [OPTION...]: `of=value` of a report as CSV
values() {
    local part=$1 column=$2
    shift 2
    sv-team report -o csv "$@" | tr -d '\r' | awk -F, -v part="$part" -v column="$column" '$2 == part && $5 == column { print $4 "=" $6 }'
}

# Two weeks in which much goes on, the same each time.
fortnight() {
    need python3
    python3 - >log.ndjson <<'END'
import json, random
random.seed(3)
for day in range(9, 25):
    for n in range(60):
        agent = random.choice(["a", "b", "c", "build-1"])
        time = "2026-11-%02dT%02d:%02d:00Z" % (day, random.randrange(24), random.randrange(60))
        event = {"id": "%d-%d" % (day, n), "time": time, "agent": agent, "session": "s%d" % day}
        kind = random.randrange(3)
        if kind == 0:
            event |= {"type": "tool.call", "tool": random.choice(["Bash", "Read", "Rm"]), "call_id": "c%d" % n}
        elif kind == 1:
            event |= {"type": "tool.result", "tool": random.choice(["Bash", "Read"]), "duration_ms": random.randrange(1, 5000),
                      "status": random.choice(["ok", "ok", "error"])}
        else:
            event |= {"type": "llm.call", "model": random.choice(["claude-sonnet-4-5", "gpt-5"]), "input_tokens": random.randrange(9000),
                      "output_tokens": random.randrange(900)}
        print(json.dumps(event))
END
}

# counted FROM TO FILTER: by jq over the log, one line
counted() {
    jq -s "map(select(.time >= \"$1\" and .time < \"$2\")) | $3" log.ndjson
}

@test "all numbers of a day and a week are those of a recount, and so are those of the one before" {
    fortnight
    read_log
    while read -r span from to before; do
        run values total now "$span"
        assert_line "events=$(counted "$from" "$to" length)"
        assert_line "errors=$(counted "$from" "$to" 'map(select(.status == "error")) | length')"
        assert_line "calls of tools=$(counted "$from" "$to" 'map(select(.type == "tool.call")) | length')"
        assert_line "tokens=$(counted "$from" "$to" 'map((.input_tokens // 0) + (.output_tokens // 0)) | add // 0')"
        assert_line "agents=$(counted "$from" "$to" 'map(.agent) | unique | length')"
        assert_line "violations: critical=$(counted "$from" "$to" 'map(select(.tool == "Rm")) | length')"
        run values total before "$span"
        assert_line "events=$(counted "$before" "$from" length)"
        assert_line "tokens=$(counted "$before" "$from" 'map((.input_tokens // 0) + (.output_tokens // 0)) | add // 0')"
        for key in agent model tool; do
            run values $key "$([ $key = tool ] && echo calls || echo events)" "$span"
            while read -r name; do
                n=$(counted "$from" "$to" "map(select(.$key == \"$name\" $([ $key = tool ] && echo 'and .type == "tool.call"'))) | length")
                assert_line "$name=$n"
            done < <(counted "$from" "$to" "map(select(.type != \"tool.call\" or \"$key\" != \"tool\") | select(.duration_ms or \"$key\" != \"tool\") | .$key // empty) | unique | .[]" | jq -r .)
        done
    done <<'END'
day 2026-11-24 2026-11-25 2026-11-23
week 2026-11-16 2026-11-23 2026-11-09
END
    assert_equal "$(values total now month | head -n 1)" "events=0" # October
    assert_equal "$(values total before month --at 2026-12-03 | head -n 1)" "events=$(jq -s length log.ndjson)"
    assert_equal "$(values time events week | awk -F= '{ n += $2 } END { print n, NR }')" "$(counted 2026-11-16 2026-11-23 length) 7"
    assert_equal "$(values time events | awk -F= '{ n += $2 } END { print n, NR }')" "$(counted 2026-11-24 2026-11-25 length) 24"
}

@test "costs add up, by team, agent, model and over time" {
    fortnight
    sv-team team add build --at 2026-11-01
    sv-team member add 'build-*' --team build --at 2026-11-01
    read_log
    all=$(sv-team report week -o csv | tr -d '\r' | sed -n 's/.*,total,[0-9]*,"cost, about",now,//p')
    assert [ "$(jq -n "$all > 0")" = true ]
    for part in team agent model time; do
        sum=$(values $part cost_usd week | cut -d= -f2 | jq -s add)
        assert [ "$(jq -n "($sum - $all) | fabs < 1e-6")" = true ]
    done
    assert_equal "$(values team events week | sort | cut -d= -f1 | tr '\n' ' ')" "(no team) build "
}

@test "periods are those of the clock here: weeks from Monday on, months of any length, over New Year, days of 23 and 25 hours" {
    title() { sv-team report "$@" | head -n 1 | sed 's/^sv-team report: //'; }
    event 2026-11-01T00:00:00Z a note
    read_log
    assert_equal "$(title)" "day 2026-11-24 (UTC), beside the day before"
    assert_equal "$(title day)" "$(title)"
    assert_equal "$(title week)" "week 2026-11-16 to 2026-11-22 (UTC), beside the week before"
    assert_equal "$(title month)" "month 2026-10 (UTC), beside the month before"
    assert_equal "$(title week --at 2027-01-01)" "week 2026-12-28 to 2027-01-03 (UTC), beside the week before; it is not over yet"
    assert_equal "$(title week --at 2026-11-15)" "week 2026-11-09 to 2026-11-15 (UTC), beside the week before"
    assert_equal "$(title day --at 2024-02-29)" "day 2024-02-29 (UTC), beside the day before"
    assert_equal "$(SV_NOW=2026-01-01T00:00:00Z title month)" "month 2025-12 (UTC), beside the month before"
    assert_equal "$(SV_NOW=2026-11-23T00:00:00Z title week)" "week 2026-11-16 to 2026-11-22 (UTC), beside the week before"
    assert_equal "$(SV_NOW=2026-11-22T23:59:59Z title week)" "week 2026-11-09 to 2026-11-15 (UTC), beside the week before"
    assert_equal "$(TZ=America/New_York title)" "day 2026-11-24 (EST), beside the day before"

    export TZ=Europe/Berlin
    rm -f s.db* log.ndjson
    for time in 2026-03-28T22:30 2026-03-28T23:30 2026-03-29T21:30 2026-03-29T22:30 2026-10-24T21:30 2026-10-24T22:30 2026-10-25T22:30 2026-10-25T23:30; do
        event $time:00Z a note
    done
    read_log
    assert_equal "$(values total now --at 2026-03-29T12:00:00Z | head -n 1)" events=2
    assert_equal "$(values total now --at 2026-03-28T12:00:00Z | head -n 1)" events=1
    assert_equal "$(values total now --at 2026-10-25T12:00:00Z | head -n 1)" events=2
    assert_equal "$(values total before --at 2026-10-25T12:00:00Z | head -n 1)" events=1
    for time in 2026-03-29T10:00 2026-10-25T11:00 2026-10-25T00:30 2026-10-25T01:30; do event $time:00Z a note; done
    read_log
    hours() { values time events --at "$1T12:00:00Z" | grep -v '=0$' | paste -sd' '; }
    assert_equal "$(hours 2026-03-29)" "00:00=1 12:00=1 23:00=1"
    assert_equal "$(hours 2026-10-25)" "00:00=1 02:00=2 12:00=1 23:00=1" # two o'clock came twice
}

@test "whose: by team and by whoever is above, as of the time of what was done, also where that was stored without a team" {
    for day in 23 24; do
        for agent in a b c; do
            event 2026-11-${day}T10:00:00Z $agent note
        done
    done
    read_log # before there is a roster
    sv-team supervisor add chief --at 2026-11-01
    sv-team supervisor add ops --supervisor chief --at 2026-11-01
    sv-team team add one --supervisor ops --at 2026-11-01
    sv-team team add two --at 2026-11-01
    sv-team member add a --team one --at 2026-11-01
    sv-team member add b --team two --at 2026-11-01
    sv-team member move a --team two --at 2026-11-24
    assert_equal "$(values team events | sort | tr '\n' ' ')" "(no team)=1 two=2 "
    assert_equal "$(values team events --at 2026-11-23 | sort | tr '\n' ' ')" "(no team)=1 one=1 two=1 "
    assert_equal "$(values agent events --at 2026-11-23 --supervisor chief)" a=1
    assert_equal "$(values agent events --supervisor chief)" ""
    assert_equal "$(values agent events --team two --team one | sort | tr '\n' ' ')" "a=1 b=1 "
    assert_equal "$(values agent events --team -)" c=1
    assert_equal "$(values violation violations --team two)" odd=2
    run values total now --team two
    refute_output --partial messages
}

@test "violations beside those before; open is what is severe and was not resolved" {
    event 2026-11-23T10:00:00Z a tool.call ',"tool":"Rm"'
    event 2026-11-24T10:00:00Z a tool.call ',"tool":"Rm"'
    event 2026-11-24T11:00:00Z b tool.call ',"tool":"Rm"'
    event 2026-11-24T12:00:00Z b tool.call ',"tool":"Rm"'
    event 2026-11-24T12:00:00Z b note
    read_log
    assert_equal "$(values violation violations | tr '\n' ' ')" "forbidden=3 odd=1 "
    assert_equal "$(values violation before | tr '\n' ' ')" "forbidden=1 odd=0 "
    assert_equal "$(values violation agents | tr '\n' ' ')" "forbidden=2 odd=1 "
    assert_equal "$(values violation last | head -n 1)" forbidden=2026-11-24T12:00:00Z
    assert_equal "$(values open violations | tr '\n' ' ')" "b=2 a=1 "
    assert_equal "$(values open policy | sort -u | tr '\n' ' ')" "a=forbidden b=forbidden "
    report
    assert_line --regexp '^a +forbidden +critical +1 +11-24 10:00$'

    rm -f s.db* log.ndjson # a window that is over resolves what was found in it
    cat >policy.yaml <<'END'
version: 1
policies:
  - id: busy
    severity: error
    by: agent
    when: type == "note"
    window: 10m
    having: count >= 2
END
    event 2026-11-24T13:00:00Z a note
    event 2026-11-24T13:01:00Z a note
    event 2026-11-24T13:30:00Z b note
    event 2026-11-24T13:31:00Z b note
    read_log
    assert_equal "$(values violation agents)" busy=2
    assert_equal "$(values open policy)" b=busy
}

@test "where alerts are kept, those that nobody has acknowledged are open" {
    event 2026-11-24T10:00:00Z a tool.call ',"tool":"Rm"'
    event 2026-11-24T11:00:00Z b tool.call ',"tool":"Rm"'
    event 2026-11-24T12:00:00Z b note
    read_log
    sv-team team add one --at 2026-11-01
    sv-team member add a --team one --at 2026-11-01
    SV_NOW=2026-11-24T13:00:00Z sv-alert fold -q >/dev/null </dev/null
    [ "$(rows s.db 'SELECT count(*) FROM supervisor_alert_groups')" != 0 ] || fail "no alerts"
    assert_equal "$(values open policy | sort | tr '\n' ' ')" "a=forbidden b=forbidden b=odd "
    assert_equal "$(values open policy --team one)" "a=forbidden"
    SV_NOW=2026-11-24T13:10:00Z sv-alert ack -q --where 'event.policy == "forbidden"' --for 1h >/dev/null
    assert_equal "$(SV_NOW=2026-11-24T14:00:00Z values open policy --at 2026-11-24)" "b=odd"
    # an acknowledgement that is over is none
    assert_equal "$(SV_NOW=2026-11-24T14:11:00Z values open policy --at 2026-11-24 | sort | tr '\n' ' ')" "a=forbidden b=forbidden b=odd "
    sqlite3 s.db "UPDATE supervisor_alert_groups SET state = 3, resolved_at = 1"
    run sv-team report
    assert_line "Open alerts: no alert is open that nobody has acknowledged"
}

@test "the slowest tools first, with what half, most, and all of their calls took at the longest" {
    for ms in 10 20 30 40 1000; do
        event 2026-11-24T10:00:00Z a tool.result ",\"tool\":\"quick\",\"duration_ms\":$ms"
    done
    event 2026-11-24T10:00:00Z a tool.call ',"tool":"quick"'
    event 2026-11-24T10:00:00Z a tool.result ',"tool":"slow","duration_ms":90000'
    event 2026-11-24T10:00:00Z a tool.call ',"tool":"untimed"'
    read_log
    assert_equal "$(values tool max_ms | tr '\n' ' ')" "slow=90000 quick=1000 "
    assert_equal "$(values tool calls | tr '\n' ' ')" "slow=0 quick=1 "
    assert [ "$(values tool p50_ms | sed -n 's/quick=//p' | jq '. > 29 and . < 31')" = true ]
    report
    assert_line --regexp '^slow +0 +0 +1m 30s +1m 30s +1m 30s$'
}

@test "who is silent now, and who was there before and is no more" {
    export SV_NOW=2026-11-25T00:30:00Z
    event 2026-11-23T10:00:00Z gone note
    event 2026-11-24T10:00:00Z there note
    event 2026-11-25T00:05:00Z stuck tool.call ',"tool":"make"'
    event 2026-11-25T00:29:00Z busy tool.call ',"tool":"make"'
    event 2026-11-24T10:00:00Z there session.end
    read_log
    assert_equal "$(values silent why | tr '\n' ' ')" "stuck=in make gone=no event in this period "
    assert_equal "$(values silent since)" stuck=2026-11-25T00:05:00Z
    sv-team team add one mine --at 2026-11-01
    sv-team member add stuck --team one
    event 2026-11-25T00:05:00Z own tool.call ',"tool":"cc","team":"mine"'
    read_log
    assert_equal "$(values silent why --team one | head -n 1)" "stuck=in make" # where it is now
    assert_equal "$(values silent why --team mine | head -n 1)" "own=in cc"    # where it says it is
    assert_equal "$(values silent why --at 2026-11-20)" "" # that is long ago
}

@test "text is fit for mail: lines of 78 cells, nothing that a terminal obeys, ten of each with how many more" {
    for i in $(seq 25); do
        event 2026-11-24T10:00:00Z "agent-$i-with-a-name-that-goes-on-and-on-and-on-until-there-is-no-room" llm.call ',"model":"gpt-5","input_tokens":9'
    done
    event 2026-11-24T10:00:00Z '\u001b[31mred\u202e' llm.call ',"model":"gpt-5","input_tokens":900'
    event 2026-11-24T10:00:00Z '日本語の名前を持つエージェントは二つの幅を取る文字ばかりで書かれていて、とても長い' llm.call ',"model":"gpt-5","input_tokens":800'
    event 2026-11-24T10:00:00Z '\u001b[31mred\u202e' tool.result ',"tool":"\u0007bell\nline","duration_ms":5'
    read_log
    report
    assert_success
    assert_equal "$stderr" ""
    assert_line "17 more"
    refute grep -q $'[\x01-\x09\x0b-\x1f\x7f]' <<<"$output"
    assert [ "$(LC_ALL=C.UTF-8 wc -L <<<"$output")" -le 78 ]
    assert_output --partial '\x1b[31mred\u{202e}'
    refute_output --partial $'\u202e'
}

@test "a page stands alone: no scripts, nothing from outside, sound, the same bytes each time, names escaped" {
    fortnight
    printf '{"id":"x","time":"2026-11-24T09:00:00Z","agent":"<script>alert(1)</script>\\"&","type":"llm.call","model":"<img src=x>","input_tokens":900000}\n' >>log.ndjson
    read_log
    for span in day week month; do
        sv-team report $span -o html >$span.html
        sv-team report $span -o html | cmp - $span.html
        python3 - $span.html <<'END'
import sys
from html.parser import HTMLParser
text = open(sys.argv[1], encoding="utf-8").read()
tags, opened = [], []
class Page(HTMLParser):
    def handle_starttag(self, tag, attrs):
        tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"): opened.append(tag)
    def handle_startendtag(self, tag, attrs): tags.append((tag, dict(attrs)))
    def handle_endtag(self, tag): assert opened.pop() == tag, tag
page = Page(); page.feed(text); page.close()
assert not opened, opened
names = {tag for tag, _ in tags}
assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}, names
for tag, attrs in tags:
    for name, value in attrs.items():
        assert not name.startswith("on") and name not in ("src", "srcset", "action", "background"), name
        assert name not in ("href", "xlink:href") or value.startswith("#"), value
assert "url(" not in text and "@import" not in text
ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
assert len(ids) == len(set(ids)), ids
assert "prefers-color-scheme:dark" in text and "@media print" in text
END
    done
    grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' day.html
    grep -q '<svg' day.html
    refute grep -q '<svg' month.html # nothing was done in October
}

@test "numbers of a page are those of the CSV" {
    fortnight
    read_log
    sv-team report week -o html >page.html
    sv-team report week -o csv >report.csv
    python3 - <<'END'
import csv
from html.parser import HTMLParser

# Tables of the page, each as rows of texts, by the title of its section; and what stands in its charts for each column or bar.
class Page(HTMLParser):
    def __init__(self):
        super().__init__(); self.section, self.tables, self.row, self.cell, self.charts, self.inside = "", {}, None, None, {}, []
    def handle_starttag(self, tag, attrs):
        if tag == "tr": self.row = []
        if tag in ("td", "th", "h2", "title"): self.cell = ""
    def handle_endtag(self, tag):
        if tag == "h2": self.section = self.cell.strip()
        if tag == "title" and self.section: self.charts.setdefault(self.section, []).append(self.cell.strip())
        if tag in ("td", "th") and self.row is not None: self.row.append(self.cell.strip())
        if tag == "tr": self.tables.setdefault(self.section, []).append(self.row)
    def handle_data(self, data):
        if self.cell is not None: self.cell += data

page = Page(); page.feed(open("page.html", encoding="utf-8").read())
values = {}
for _, part, row, of, column, value in list(csv.reader(open("report.csv", newline="", encoding="utf-8")))[1:]:
    values.setdefault(part, {}).setdefault(of, {})[column] = value

def number(text): # 1,234  12.3 k  1.2 M  $3.40
    text = text.replace("$", "").replace(",", "").replace("\u202f", " ").replace("\xa0", " ").split(" ")
    return float(text[0]) * {"k": 1e3, "M": 1e6}.get(text[1] if len(text) > 1 else "", 1), len(text) > 1

seen = 0
for part, title in (("agent", "Agents"), ("model", "Models"), ("violation", "Violations"), ("tool", "Slowest tools")):
    head, *rows = page.tables[title]
    assert [row[0] for row in rows] == list(values[part]), (title, rows)
    for row in rows:
        for name, text in zip(head[1:], row[1:]):
            column = {"Cost": "cost_usd", "Before": "before_usd" if part in ("agent", "model") else "before"}.get(name, name.lower())
            if column not in ("events", "errors", "tokens", "cost_usd", "before_usd", "before", "violations", "agents", "calls"):
                continue
            found, is_short = number(text)
            told = float(values[part][row[0]][column])
            assert abs(found - told) <= (0.006 if column.endswith("usd") else told * 0.06 if is_short else 0), (title, row[0], name, text, told)
            seen += 1
assert seen > 30, seen
END
}

@test "a month by agent, model, tool and day: each as a recount has it, in a month of which half is told of" {
    fortnight
    read_log
    from=2026-11-01 to=2026-12-01
    for key in agent model tool; do
        column=$([ $key = tool ] && echo calls || echo events)
        assert_equal "$(values $key "$column" month --at 2026-11-03 | sort)" "$(counted $from $to "
            map(select(.$key)) | map(. + {timed: (.duration_ms != null)}) | group_by(.$key) |
            map(select(\"$key\" != \"tool\" or any(.timed)) |
                \"\\(.[0].$key)=\\(map(select(\"$key\" != \"tool\" or .type == \"tool.call\")) | length)\") | .[]" | jq -r . | sort)"
    done
    assert_equal "$(values time events month --at 2026-11-03 | grep -v '=0$')" \
        "$(counted $from $to 'group_by(.time[:10]) | map("\(.[0].time[:10])=\(length)") | .[]' | jq -r .)"
    assert_equal "$(values time events month --at 2026-11-03 | wc -l)" 30
    assert_equal "$(values violation violations month --at 2026-11-03)" "forbidden=$(counted $from $to 'map(select(.tool == "Rm")) | length')"
}

@test "CSV has a value a row, of one width, guarded against formulas" {
    event 2026-11-24T10:00:00Z '=cmd()' llm.call ',"model":"a,\"b\"","input_tokens":5'
    read_log
    sv-team report -o csv >report.csv
    python3 - <<'END'
import csv
rows = list(csv.reader(open("report.csv", newline="", encoding="utf-8"), strict=True))
assert rows[0] == ["start", "part", "row", "of", "column", "value"], rows[0]
assert all(len(row) == 6 for row in rows)
assert ["2026-11-24T00:00:00Z", "agent", "1", "'=cmd()", "tokens", "5"] in rows, rows
assert ["2026-11-24T00:00:00Z", "model", "1", 'a,"b"', "tokens", "5"] in rows, rows
END
}

@test "what is no period is refused; a store without anything makes a report of nothing" {
    event 2026-11-24T10:00:00Z a note
    report year
    assert_failure 2
    assert_regex "$stderr" 'report year: unknown; it takes day, week, month'
    report day week
    assert_failure 2
    report -o json
    assert_failure 2
    assert_regex "$stderr" 'unknown form'
    report --at never
    assert_failure 2
    report
    assert_failure 3
    read_log
    report --at 2026-01-01
    assert_success
    assert_line --regexp '^events +0 +0 +same$'
    assert_line "Violations: no policy was violated"
    assert_line "Open alerts: nothing of severity error or more is open"
    assert_line "Silent agents: nobody is silent"
    refute_output --partial Models
}
