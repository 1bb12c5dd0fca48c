#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sv-alert, from the outbox outwards: receivers that work and receivers that do not, what is shipped for services, a real Alertmanager.

load helper

setup() {
    clean_place
    need jq
    need sqlite3
    export SV_STORE=$PWD/s.db SV_ALERTS=$PWD/alerts.yaml
    cat >p.yaml <<'END'
version: 1
policies:
  - {id: push, when: 'command.contains("--force")', severity: critical, message: '"force by " + agent', runbook: take it back}
  - {id: quiet, when: 'command.contains("ls")', severity: warning, message: '"looks"'}
END
}

teardown() {
    local pid
    for pid in ${pids-}; do
        kill "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
}

# receivers LINE...: alerts.yaml with these receivers, the first of which is told all, at once.
receivers() {
    {
        printf 'version: 1\nreceivers:\n'
        printf '  - %s\n' "$@"
        printf 'route: {receiver: r, group_by: [policy, agent], group_wait: 0s, group_interval: 1s}\n'
    } >alerts.yaml
}

# act AGENT COMMAND...: what it does now, as an event
act() {
    jq -cn --arg agent "$1" --arg command "$2" --arg id "$1-$RANDOM-$RANDOM" --arg time "$(date -u +%FT%TZ)" \
        '{type: "tool.call", $id, $time, $agent, tool: "Bash", args: {$command}, $command}'
}

judge() { sv-eval -p p.yaml -o json --exit-zero >/dev/null; }

@test "a program is told on its input, and a file gets a line; each try is in the list" {
    receivers "{name: r, exec: [/bin/sh, -c, 'cat >>$PWD/got; echo thanks']}"
    act a "git push --force" | judge
    run --separate-stderr sv-alert tick
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(jq -r '.title + ", " + .alerts[0].runbook + ", " + .receiver' got)" "critical: push a: force by a, take it back, r"
    run sv-alert deliveries -o json
    assert_equal "$(jq -r '[.outcome, .receiver, .reason, .attempt, .answer, .status] | join(",")' <<<"$output")" "sent,r,firing,1,thanks,0"
    assert_equal "$(jq -r .key got)" "$(jq -r .key <<<"$output")"
    run sv-alert deliveries -o text --utc
    assert_line --index 0 --regexp '^TIME +OUTCOME +RECEIVER +REASON +GROUP +ATTEMPT +TOOK MS +ANSWER$'
    sv-alert tick
    assert_equal "$(wc -l <got)" 1
}

@test "what fails is said, listed, and waits; the rest is told" {
    receivers "{name: r, exec: [/bin/sh, -c, 'echo no luck; exit 3']}"
    for i in a b c; do act $i "git push --force"; done | judge
    run --separate-stderr sv-alert tick
    assert_success
    assert_regex "${stderr_lines[0]}" '^sv-alert: receiver r: exit status 3: no luck; tried again at 20'
    run sv-alert deliveries --failed -o csv --fields outcome,status,answer,receiver
    assert_line --partial "failed,3,exit status 3: no luck,r"
    run sv-alert deliveries --waiting -o json
    assert_equal "${#lines[@]}" 3
    assert_equal "$(jq -r .outcome <<<"${lines[0]}")" waiting
    run sv-alert deliveries --waiting --failed -S -1h -o json
    assert_equal "$(jq -r .outcome <<<"$output" | sort -u)" waiting
    assert_equal "${#lines[@]}" 3
    run sv-alert deliveries --waiting -U -1h -o json
    assert_success
    assert_output ""
    run --separate-stderr sv-alert deliveries --waiting -n 1 -o json
    assert_equal "$stderr" "sv-alert: 2 more; go on with -n 3"
    run sv-alert deliveries --waiting --receiver 'x*' -o json
    assert_success
    assert_output ""
    # page by page it is the whole list
    run --separate-stderr sv-alert deliveries -n 1 -o json --fields key
    cursor=${stderr##* }
    { echo "$output" && sv-alert deliveries -o json --before "$cursor" --fields key; } | sort >pages
    assert_equal "$(cat pages)" "$(sv-alert deliveries -o json --fields key | sort)"
    run sv-alert deliveries -o json -U -1h
    assert_success
    assert_output ""
    run sv-alert deliveries --before nonsense
    assert_failure 2
}

@test "who folds does not wait for who is told, and who is told last is told when it is over" {
    receivers "{name: r, exec: [/bin/sh, -c, 'cat >/dev/null; until [ -e $PWD/go ]; do sleep 0.05; done; echo \$SV_KEY >>$PWD/got']}"
    mkfifo pipe
    sv-alert <pipe >out 3>&- &
    pids=$!
    exec 9>pipe
    act a "git push --force" | sv-eval -p p.yaml -o json --exit-zero >&9
    soon test -s out # while its receiver still works
    act b "git push --force" | sv-eval -p p.yaml -o json --exit-zero >&9
    appears out '"agent":"b"'
    exec 9>&-
    wait "$pids" # it ends, though nobody was told yet
    pids=
    refute [ -e got ]
    touch go
    appears got . 2
    soon sh -c 'out=$(sv-alert deliveries --waiting -o json) && [ -z "$out" ]'
    assert_equal "$(sort -u got | wc -l)" 2
}

@test "a marked notice shows whether a receiver can be told" {
    receivers "{name: r, exec: [/bin/sh, -c, 'jq -r .title']}" "{name: bad, exec: [/bin/sh, -c, 'echo full; exit 9']}" \
        "{name: box, mailbox: mira}" "{name: none}" "{name: slow, exec: [/bin/sleep, '100'], timeout: 200ms}"
    run sv-alert test --send r
    assert_success
    assert_output "r told: test, info: test sv-alert: this is a test, nothing has happened"
    refute [ -e s.db ]
    run sv-alert test --send bad
    assert_failure 1
    assert_output "bad not told: exit status 9: full"
    run sv-alert test --send slow
    assert_failure 1
    assert_output --regexp '^slow not told: killed after [0-9]+ ms$'
    run sv-alert test --send box
    assert_success
    assert_equal "$(sv-team inbox mira -o json | jq -r '.from + ": " + .subject')" "sv-alert: test, info: test sv-alert: this is a test, nothing has happened"
    run sv-alert test --send nobody
    assert_failure 2
    assert_output 'sv-alert: no receiver is called "nobody"'
    run sv-alert test --send none
    assert_failure 2
    run sv-alert test
    assert_failure 2
}

# web: a server on loopback that keeps what it is sent in web/N, and answers with the status that the path begins with; its address in $web.
web() {
    need python3
    mkdir web
    cat >web.py <<'END'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        Handler.count += 1
        with open('web/%d' % Handler.count, 'w') as f:
            json.dump({'path': self.path, 'headers': dict(self.headers), 'body': body.decode()}, f)
        status = int(self.path.split('/')[1])
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'answer %d\n' % status)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
with open('port', 'w') as f:
    print(server.server_port, file=f)
server.serve_forever()
END
    python3 web.py 3>&- &
    pids+=" $!"
    soon test -s port
    web=http://127.0.0.1:$(cat port)
}

@test "sv-post: what is sent, what comes back, and what its status says" {
    need curl
    web
    receivers "{name: r, exec: [sv-post, $web/200/x], payload: '{\"title\": title}'}" "{name: no, exec: [sv-post, $web/400/x]}" \
        "{name: later, exec: [sv-post, $web/503/x]}" "{name: nobody, exec: [sv-post, 'http://127.0.0.1:1/']}" \
        "{name: key, exec: [sv-post, -k, -t, text/plain], secret_file: $PWD/secret, payload: title}"
    printf 'url = "%s/200/hooks/TOPSECRET"\nheader = "Authorization: Bearer HUNTER2000"\n' "$web" >secret
    chmod 600 secret
    run sv-alert test --send r
    assert_success
    assert_output "r told: answer 200"
    assert_equal "$(jq -r '.body | fromjson | keys | join(",")' web/1)" title
    assert_equal "$(jq -r '.headers["Content-Type"], (.headers["Idempotency-Key"] | startswith("test-"))' web/1 | paste -sd,)" "application/json,true"
    run sv-alert test --send no
    assert_output "no not told: exit status 65: answer 400 sv-post: refused: HTTP status 400"
    run sv-alert test --send later
    assert_output "later not told: exit status 1: answer 503 sv-post: HTTP status 503"
    run sv-alert test --send nobody
    assert_failure 1
    assert_output --partial "onnect"
    run sv-alert test --send key
    assert_success
    assert_equal "$(jq -r '.path, .headers.Authorization, .headers["Content-Type"]' web/4 | paste -sd,)" "/200/hooks/TOPSECRET,Bearer HUNTER2000,text/plain"
    chmod 644 secret
    run sv-alert test --send key
    assert_failure 1
    assert_output --partial "others may read the secret_file"
}

@test "sv-post: a secret stands in no command line" {
    need curl
    [ -r /proc/self/cmdline ] || skip "this system shows no command lines"
    mkdir bin
    printf '#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$$/cmdline | tr "\\0" " " >%s/seen; env >>%s/seen; printf 200\n' "$PWD" "$PWD" >bin/curl
    chmod +x bin/curl
    echo 'url = "http://localhost/TOPSECRET"' >secret
    PATH=$PWD/bin:$PATH SV_SECRET_FILE=$PWD/secret SV_KEY=k run "$top/share/receivers/sv-post" -k <<<body
    assert_success
    assert grep -q -- --config seen
    refute grep -q TOPSECRET seen
}

@test "sv-sendmail: a mail that mail servers take, whatever the subject is" {
    mkdir bin
    printf '#!/bin/sh\necho "$@" >%s/arguments; cat >%s/mail\n' "$PWD" "$PWD" >bin/sendmail
    chmod +x bin/sendmail
    mail() { PATH=$PWD/bin:$PATH SV_KEY=k1 SV_GROUP=g1 run "$top/share/receivers/sv-sendmail" "$@"; }
    printf 'a title \\n with \\\\ and %%s\na text\nBcc: no header\n' >in
    mail ops@example.org lead@example.org <in
    assert_success
    assert_equal "$(cat arguments)" "-i -- ops@example.org lead@example.org"
    assert_equal "$(sed -n 1p mail)" 'Subject: a title \n with \\ and %s'
    assert_equal "$(grep -c '^Message-ID: <k1@' mail)$(grep -c '^References: <group.g1@' mail)" 11
    assert_equal "$(grep '^To:' mail)" "To: ops@example.org, lead@example.org"
    assert_equal "$(sed '1,/^$/d' mail)" "$(printf 'a text\nBcc: no header')"
    need python3
    subject="critical: größer 日本語 $(printf 'é%.0s' {1..100}) end"
    printf '%s\r\ntext\n' "$subject" >in
    mail ops@example.org <in
    assert_success
    assert_equal "$(python3 -c 'import email, email.policy; print(email.message_from_file(open("mail"), policy=email.policy.default)["subject"])')" "$subject"
    assert [ "$(sed '/^$/q' mail | awk '{ print length }' | sort -n | tail -n 1)" -le 100 ]
    printf '%s\n' "$(printf '\303\244'; printf '\244%.0s' {1..200})" >in # no character: what is left over has no end
    mail ops@example.org <in
    assert_success
    assert_equal "$(sed -n '/^$/q; p' mail | grep -vcE '^([A-Z][A-Za-z-]+:| )')" 0
    mail -- -oQ/tmp <<<x
    assert_failure 2
    mail ops@example.org </dev/null
    assert_failure 65
}

@test "sv-sendmail: finds sendmail where cron does not look, and needs no base64 but the plain one" {
    mkdir bin sbin
    printf '#!/bin/sh\necho "$PATH" >%s/path; cat >%s/mail\n' "$PWD" "$PWD" >sbin/sendmail
    printf '#!/bin/sh\n[ $# = 0 ] || exit 2\nexec %s\n' "$(type -P base64)" >bin/base64
    chmod +x bin/base64 sbin/sendmail
    sed "s|/usr/sbin|$PWD/sbin|" "$top/share/receivers/sv-sendmail" >mailer
    run env -i PATH="$PWD/bin:/usr/bin:/bin" sh mailer ops@example.org <<<'größer'
    assert_success
    assert_output ""
    assert_regex "$(sed -n 1p mail)" '^Subject: =.UTF-8.B.[A-Za-z0-9+/=]+.=$'
    run env -u PATH "$(type -P sh)" mailer ops@example.org <<<'plain'
    assert_success
    assert_equal "$(sed -n 1p mail)" "Subject: plain"
}

@test "receivers that hang, fail, print much or fork, and kills while they are told: nothing is lost (in full: make fault)" {
    need pgrep
    B=$build BYTES=10000000 run "$top/tests/fault/deliver" 25 8
    assert_success
    assert_line --partial "none lost"
}

# start_alertmanager: a real one on loopback, its address in $am.
start_alertmanager() {
    local program
    program=$(type -P prometheus-alertmanager || type -P alertmanager) || skip "Alertmanager is not installed (Debian's package prometheus-alertmanager)"
    need curl
    need python3
    printf 'route: {receiver: none, group_by: [alertname, agent], group_wait: 0s, group_interval: 1s}\nreceivers: [{name: none}]\n' >am.yml
    for _ in 1 2 3; do # until nobody else takes the port first
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        am=http://127.0.0.1:$port
        "$program" --config.file=am.yml --storage.path=am --web.listen-address="127.0.0.1:$port" --cluster.listen-address= >am.log 2>&1 3>&- &
        pids+=" $!"
        soon sh -c "curl -sf $am/-/ready >ready || ! kill -0 $!" && [ -s ready ] && return
    done
    fail "Alertmanager does not start: $(tail -n 3 am.log)"
}

active() { curl -sf "$am/api/v2/alerts?active=true" | jq -c 'map({name: .labels.alertname, agent: .labels.agent, severity: .labels.severity}) | sort'; }
ours() { rows s.db "SELECT a.alert FROM supervisor_alerts AS a WHERE a.resolved_at IS NULL" | sort; }
theirs() { curl -sf "$am/api/v2/alerts?active=true" | jq -r '.[].labels.alert' | sort; }

@test "a real Alertmanager shows the same groups, labels and resolutions" {
    start_alertmanager
    sed "s|http://localhost:9093|$am|; s|group_interval: 1m|group_interval: 1s\\n  group_by: [policy, agent]\\n  resolve_after: 0s|" \
        "$top/share/receivers/alertmanager.yaml" >alerts.yaml
    { act a "git push --force" && act b "git push --force" && act b "ls"; } | judge
    run --separate-stderr sv-alert tick
    assert_equal "$stderr" ""
    soon sh -c "[ \$(curl -sf '$am/api/v2/alerts?active=true' | jq length) = 3 ]"
    assert_equal "$(active | jq -r '.[] | join(" ")' | paste -sd,)" "push a critical,push b critical,quiet b warning"
    assert_equal "$(theirs)" "$(ours)"
    # its groups are ours
    theirs=$(curl -sf "$am/api/v2/alerts/groups" | jq -r '.[].labels | .alertname + " " + .agent' | sort)
    ours=$(rows s.db "SELECT json_extract(labels, '\$.policy') || ' ' || json_extract(labels, '\$.agent') FROM supervisor_alert_groups" | sort)
    assert_equal "$theirs" "$ours"
    # what is over here is over there
    jq -c --arg time "$(date -u +%FT%TZ)" 'select(.agent == "b" and .policy == "push") | .outcome = "resolved" | .id += "-over" | .time = $time' \
        <(sv-index evaluations -o json) >over
    assert [ "$(wc -l <over)" = 1 ]
    sv-alert <over >/dev/null
    soon sh -c "sv-alert tick >/dev/null; [ \$(curl -sf '$am/api/v2/alerts?active=true' | jq length) = 2 ]"
    assert_equal "$(active | jq -c 'map(.name + " " + .agent)')" '["push a","quiet b"]'
    assert_equal "$(theirs)" "$(ours)"
    # the same ones again are no others
    sqlite3 s.db "UPDATE alert_outbox SET next_try = 0, state = 0"
    sv-alert tick >/dev/null
    assert_equal "$(active | jq -c 'map(.name + " " + .agent)')" '["push a","quiet b"]'
    assert_equal "$(rows s.db "SELECT count(*) FROM alert_deliveries WHERE result <> 0")" 0
}
