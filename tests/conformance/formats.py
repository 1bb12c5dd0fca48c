#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# formats.py SV-EVAL FOLDER - a table of what each format makes of each folder of real logs, as TAP; a mismatch is a failure.
#
# The source is counted here on its own, by another program in another language: its records, calls and tokens, which must be
# those of the events. What no format of an agent claims is left out.
import collections
import json
import os
import re
import subprocess
import sys

FORMATS = ["claude", "claude-stream", "claude-hook", "codex", "codex-exec", "gemini"]
KEYS = ("input", "output")
number = 0
failed = 0


def ok(holds, text):
    global number, failed
    number += 1
    failed += not holds
    print(f"{'' if holds else 'not '}ok {number} - {text}", flush=True)


def records_of(text):
    """Values of a file and how many of its records are none: a document, a list, or lines."""
    decoder = json.JSONDecoder()
    try:
        whole = json.loads(text)
        if isinstance(whole, (dict, list)):
            return (whole, 0) if isinstance(whole, list) else ([whole], 0)
    except ValueError:
        pass
    values, broken = [], 0
    for line in text.split("\n"):
        if line.strip() == "":
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        broken += not isinstance(value, dict)
        values += [value] if isinstance(value, dict) else []
    return values, broken


def get(value, *keys):
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def count(value):
    return value if isinstance(value, int) and value > 0 else 0


def anthropic(usage):
    return (count(get(usage, "input_tokens")) + count(get(usage, "cache_creation_input_tokens"))
            + count(get(usage, "cache_read_input_tokens")), count(get(usage, "output_tokens")))


def running(totals):
    """The sum behind totals that are running as long as they grow."""
    done, last = [0, 0], (0, 0)
    for total in totals:
        if any(now < before for now, before in zip(total, last)):
            done = [a + b for a, b in zip(done, last)]
        last = total
    return tuple(a + b for a, b in zip(done, last))


def add(totals):
    return tuple(sum(part) for part in zip(*totals)) if totals else (0, 0)


def claude(records, session="sessionId"):
    calls, usages = set(), {}
    for n, record in enumerate(records):
        message, kind = get(record, "message"), record.get("type") or get(record, "message", "role")
        content = get(message, "content")
        if kind in ("user", "assistant") and isinstance(content, list):
            calls |= {(record.get("uuid") or n, i) for i, block in enumerate(content) if get(block, "type") == "tool_use"}
        if kind == "assistant" and isinstance(get(message, "usage"), dict) and get(message, "model") != "<synthetic>":
            usages[get(message, "id") or n] = anthropic(message["usage"])
    return len(calls), add(list(usages.values()))


def claude_stream(records):
    calls, told = claude(records)
    totals = []
    for record in records:
        models = record.get("modelUsage") if record.get("type") == "result" else None
        if models:
            totals.append(add([(count(m.get("inputTokens")) + count(m.get("cacheReadInputTokens"))
                                + count(m.get("cacheCreationInputTokens")), count(m.get("outputTokens"))) for m in models.values()]))
        elif record.get("type") == "result" and isinstance(record.get("usage"), dict):
            totals.append(anthropic(record["usage"]))
    return calls, running(totals) if totals else told


def claude_hook(records):
    return sum((r.get("hook_event_name") or r.get("hookEventName")) == "PreToolUse" for r in records), (0, 0)


def codex(records):
    kinds = ("function_call", "custom_tool_call", "local_shell_call", "web_search_call")
    calls = sum(get(r, "payload", "type") in kinds for r in records if r.get("type") == "response_item")
    calls += sum(r.get("type") in kinds for r in records if "payload" not in r)
    infos = [get(r, "payload", "info", "total_token_usage") for r in records if get(r, "payload", "type") == "token_count"]
    return calls, running([(count(i.get("input_tokens")), count(i.get("output_tokens"))) for i in infos if i])


def codex_exec(records):
    calls, totals, run, thread = set(), collections.defaultdict(list), 0, None
    for record in records:
        item = record.get("item") or {}
        if record.get("type") == "thread.started":
            run, thread = run + 1, record.get("thread_id")
        if item.get("type") in ("command_execution", "file_change", "mcp_tool_call", "web_search", "collab_tool_call"):
            calls.add((run, item.get("id")))
        if record.get("type") == "turn.completed" and isinstance(record.get("usage"), dict):
            totals[thread].append((count(record["usage"].get("input_tokens")), count(record["usage"].get("output_tokens"))))
    return len(calls), add([running(t) for t in totals.values()])


def gemini(records):
    calls, totals, stream = set(), {}, []
    for record in records:
        messages = record.get("messages") or get(record, "$set", "messages") or [record]
        for n, message in enumerate(messages if isinstance(messages, list) else []):
            if message.get("type") == "tool_use":
                calls.add(message.get("tool_id"))
            calls |= {c.get("id") for c in message.get("toolCalls") or []}
            tokens = message.get("tokens")
            if tokens:
                totals[message.get("id") or n] = (count(tokens.get("input")) + count(tokens.get("tool")),
                                                  count(tokens.get("output")) + count(tokens.get("thoughts")))
        stats = record.get("stats")
        if record.get("type") == "result" and stats:
            stream.append((count(stats.get("input_tokens")), count(stats.get("total_tokens")) - count(stats.get("input_tokens"))))
    return len(calls), add(list(totals.values()) + stream)


SOURCES = {"claude": claude, "claude-stream": claude_stream, "claude-hook": claude_hook, "codex": codex, "codex-exec": codex_exec,
           "gemini": gemini}


def convert(program, path):
    done = subprocess.run([program, "--convert", path], capture_output=True, check=False)
    err = done.stderr.decode()
    rejected = err.count("record rejected:") + sum(int(n) for n in re.findall(r"(\d+) more records? rejected", err))
    return done.stdout, rejected, err


class Row:
    def __init__(self):
        self.files = self.records = self.rejected = self.calls = 0
        self.types = collections.Counter()
        self.tokens = [0, 0]
        self.own = [0, 0]
        self.asked, self.answered = set(), []
        self.problems = []


def read_file(program, path, rows, folder):
    output, rejected, err = convert(program, path)
    if b"\n" not in output:
        return
    events = [json.loads(line) for line in output.splitlines()]
    name = collections.Counter(e["source"] for e in events).most_common(1)[0][0]
    if name not in FORMATS:
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        values, broken = records_of(file.read())
    row = rows[folder, name]
    types = collections.Counter(e["type"] for e in events)
    own_calls, own = SOURCES[name](values)
    tokens = tuple(sum(e.get(k + "_tokens", 0) for e in events) for k in KEYS)
    row.files += 1
    row.records += len(values) + broken
    row.rejected += rejected
    row.types += types
    row.calls += own_calls
    row.tokens = [a + b for a, b in zip(row.tokens, tokens)]
    row.own = [a + b for a, b in zip(row.own, own)]
    short = os.path.relpath(path, os.path.dirname(folder))
    if broken != rejected:
        row.problems.append(f"{short}: {rejected} records rejected, {broken} are no object")
    if types["tool.call"] != own_calls:
        row.problems.append(f"{short}: {types['tool.call']} calls of {own_calls}")
    if tokens != own:
        row.problems.append(f"{short}: tokens {tokens} of {own}")
    if convert(program, path)[0] != output:
        row.problems.append(f"{short}: reads otherwise when read again")
    if any(e["type"] == "tool.result" and not e.get("call_id") for e in events):
        row.problems.append(f"{short}: a result without its call")
    if "the format changes" in err:
        row.problems.append(f"{short}: taken for files of two formats")
    row.asked |= {e.get("call_id") for e in events if e["type"] == "tool.call"}
    row.answered += [e.get("call_id") for e in events if e["type"] == "tool.result"]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: formats.py SV-EVAL FOLDER")
    program, data = sys.argv[1:]
    for folder in sorted(os.listdir(data)):
        rows = collections.defaultdict(Row)
        top = os.path.join(data, folder)
        for place, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".jsonl", ".ndjson", ".json")):
                    read_file(program, os.path.join(place, name), rows, top)
        for (_, name), row in sorted(rows.items()):
            types = row.types
            joined = sum(call in row.asked for call in row.answered)
            others = [f"{t} {n}" for t, n in sorted(types.items()) if t != "note"]
            print(f"# {name:13} {folder}: {row.files} files, {row.records} records, {sum(types.values())} events, {types['note']} notes, "
                  f"{row.rejected} rejected; tokens {sum(row.tokens)} of {sum(row.own)}; calls {types['tool.call']} of {row.calls}, "
                  f"results joined {joined} of {types['tool.result']}; "
                  f"ids stable {'no' if any('again' in p for p in row.problems) else 'yes'}")
            print(f"#               {', '.join(others)}")
            for problem in row.problems:
                print(f"# {problem}")
            ok(not row.problems, f"{name} of {folder} is what its source says")
    print(f"1..{number}" if number > 0 else "1..0 # skip no logs of agents there")
    return failed > 0


sys.exit(main())
