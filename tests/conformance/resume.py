# SPDX-License-Identifier: ISC
"""resume.py FOLDER CUTS - a log read in pieces with -r is the log read at once: TAP.

A real log is copied piece by piece, cut at random bytes (also within a line, a character, a response whose usage repeats), and
read with `sv-eval -r` after each piece. All that was printed, one behind the other, must be what one reading of the whole at the
same path prints; the two stores must hold the same rows, counters, positions and states; and once the log is over its tokens
must be those of a reading without a store. The same with policies that have states, over these logs and made-up ones; and what
they tell does not depend on the size of the blocks in which a log is read, nor on whether the clock tells it or the next event.
CUTS 0: a sample.
"""
import fractions, json, os, random, re, shutil, sqlite3, subprocess, sys, tempfile, time

folder, cuts = sys.argv[1], int(sys.argv[2])
sample = cuts == 0
program = os.path.abspath(os.path.join(os.environ.get("B", "build"), "bin", "sv-eval"))
place = tempfile.mkdtemp()
now = time.time()
QUIET = 2 * 3600  # seconds after which nothing is waited for any more

POLICY = """version: 1
policies:
  - id: every
    when: "true"
    message: 'id + " " + type + " " + (has(event.input_tokens) ? string(input_tokens) + "/" + string(output_tokens) : "-")'
"""

# One of each kind, quick to say something.
STATES = """version: 1
defaults: {max_keys: 1000}
policies:
  - {id: burst, by: [agent], window: 60s, having: count > 3, realert: 30s}
  - {id: spend, by: ["tree(agent)"], when: has(event.output_tokens), window: day, tz: Europe/Berlin, realert: 10m,
     having: 'sum(output_tokens) > 50 && prev.count >= 0'}
  - {id: order, by: [session], window: 5m, for: 20s, keep_firing_for: 30s,
     having: 'p50(input_tokens) > 100.0 || distinct(tool) > 3 || prev.count > count'}
  - {id: ends, window: 30s, realert: 1m, keep_firing_for: 10s,
     having: 'first(type) != last(type) && max(output_tokens) > min(output_tokens)'}
  - {id: silent, by: [agent], absent: 45s, until: 'type == "session.end"'}
  - {id: answer, by: [session], within: 10m,
     sequence: [{when: 'type == "message.user"'}, {not: 'type == "tool.result"'}, {when: 'type == "message.agent"'}]}
  - {id: open, by: [session], within: 1m, sequence: [{when: 'type == "tool.call"'}, {not: 'type == "tool.result"'}]}
  - {id: loop, by: [agent], loop: {same: 2, cycle: 4, result: 2, repeat: 2}}
  - {id: rate, by: [agent], limit: 5/10s, realert: 5s}
  - {id: tool, by: [agent], when: has(event.tool), new: tool, learn: 1m}
  - {id: each, by: [tool], when: 'type == "tool.call"', realert: 30s}
  - {id: full, by: [event.id], window: 1m, having: count > 1, max_keys: 20}
"""

TABLES = {
    "evaluations": "select created_at, policy, outcome, agent, session, tool, event, path, record, part, message from evaluations",
    "usage": "select u.hour, t.name, n.name, m.name, o.name, s.name, events, errors, input_tokens, output_tokens, cache_read_tokens,"
             " cache_write_tokens, unpriced_tokens, round(cost_usd, 9), hex(durations) from usage_hourly u left join type_names t on t.id = u.type_id"
             " left join agent_names n on n.id = u.agent_id left join model_names m on m.id = u.model_id"
             " left join tool_names o on o.id = u.tool_id left join status_names s on s.id = u.status_id",
    "agents": "select n.name, s.name, t.name, state, first_seen, last_seen, events from agents a left join agent_names n on n.id = a.agent_id"
              " left join session_names s on s.id = a.session_id left join type_names t on t.id = a.type_id",
    "sources": "select path, number, head, format, offset, record, line, mark, hex(format_state) from sources",
    "doubles": "select hour, format, part, hex(ids) from doubles",
    "states": "select signature, hex(key), part, due_at, hex(bytes) from keyed_state where hex(key) not glob 'FFFFFFFFFFFFFFFF*'",
    "events": "select o.path, e.record, e.part, e.event, iif(json_extract(b.body, '$.time') is null, e.time / 1000000000, e.time), e.input_tokens, e.output_tokens, b.body from events e"
              " left join event_bodies b on b.event = e.id left join sources o on o.id = e.source",
}

count = failed = 0


def tell(passed, name, why=""):
    global count, failed
    count += 1
    failed += not passed
    print(("" if passed else "not ") + f"ok {count} - {name}", flush=True)
    for line in why.splitlines()[:12] if not passed else []:
        print("# " + line[:600])


def rows(store):
    with sqlite3.connect(store) as db:
        return {name: sorted(map(repr, db.execute(sql))) for name, sql in TABLES.items()}


def read(where, *arguments, block=None, later=0, clock=None):
    ms = int(1000 * (clock or now + later))
    environment = dict(os.environ, SV_NOW=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z")
    if block:
        environment["SV_BLOCK_SIZE"] = str(block)
    got = subprocess.run([program, *arguments], cwd=where, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    if got.returncode not in (0, 1, 3):
        raise RuntimeError(f"{arguments}: {got.returncode}: {got.stderr.decode(errors='replace')}")
    return got.stdout, got.stderr


def tokens(lines):
    sums = [0, 0]
    for line in lines.splitlines():
        event = json.loads(line)
        sums[0] += event.get("input_tokens", 0)
        sums[1] += event.get("output_tokens", 0)
    return sums


def places(data, wanted, chance):
    """Random bytes; half of them at or beside a line's end, or amid a response that is told in several lines."""
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    found = set()
    while len(found) < min(wanted, len(data)):
        at = chance.randrange(len(data) + 1)
        if ends and chance.random() < 0.5:
            at = chance.choice(ends) + chance.choice((-2, -1, 0, 0, 0, 1))
        found.add(min(max(at, 0), len(data)))
    return sorted(found)


def made(seed, count):
    """A log of the native format that keeps states busy: ties, late events, events without time, a tree of agents."""
    chance = random.Random(seed)
    clock, lines = 1793610000.0, []
    for i in range(count):
        clock += chance.choice((0, 0, 0.5, 1, 2, 3, 20, 90 if i % 40 == 0 else 1))
        late = chance.choice((0, 0, 0, 0, 0, 1, 5, 30, 500))
        kind = chance.choice(("tool.call", "tool.call", "tool.result", "message.user", "message.agent", "llm.call"))
        event = {"id": f"e{i}", "time": round(clock - late, 3), "type": kind,
                 "agent": chance.choice(("main", "main", "main/a", "main/a/b", "other")), "session": chance.choice(("s1", "s1", "s2"))}
        if chance.random() < 0.05:
            del event["time"]
        if chance.random() < 0.02:
            event["type"] = "session.end"
        if kind.startswith("tool"):
            event.update(tool=chance.choice(("Bash", "Bash", "Read", "Edit")), args={"n": chance.randrange(2)}, result=chance.choice(("x", "y")))
        if kind == "llm.call":
            event.update(input_tokens=chance.randrange(300), output_tokens=chance.randrange(40))
        if chance.random() < 0.1:
            event["parent_agent"] = chance.choice(("main", "other"))
        lines.append(json.dumps(event))
    return ("\n".join(lines) + "\n").encode()


def blocks(name, files, policy):
    """The bytes that come out do not depend on how many go in at once, nor on who looks at them."""
    where = os.path.join(place, "x")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for path, data in {**files, "p.yaml": policy.encode()}.items():
        with open(os.path.join(where, path), "wb") as out:
            out.write(data)
    chance = random.Random(name)
    ways = [(size, jobs) for jobs in (1, 3) for size in (1, 7, 4096, 1 << 20, *(chance.randrange(2, 40000) for _ in range(1 if sample else 10)))]
    told = [read(where, "-N", "--exit-zero", "--jobs", str(jobs), "-p", "p.yaml", *files, block=size)[0] for size, jobs in ways]
    why = "".join(f"blocks of {way}: {len(text)} bytes, not {len(told[0])}\n" for way, text in zip(ways, told) if text != told[0])
    tell(why == "" and told[0] != b"", f"{name}: {len(told[0].splitlines())} evaluations in {len(ways)} ways: sizes of blocks, one and three threads",
         why or "nothing is told")


def compare(name, files, wanted, seed, record=False, block=None, policy=POLICY):
    """files: name -> bytes."""
    chance = random.Random(seed)
    where = os.path.join(place, "x")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    with open(os.path.join(where, "p.yaml"), "w") as out:
        out.write(policy)
    arguments = ["--exit-zero", "-p", "p.yaml", *(["--record"] if record else []), *files]
    steps = sorted((at / (len(data) + 1), path, at) for path, data in files.items() for at in places(data, wanted, chance))
    steps += [(2, path, len(data)) for path, data in files.items()]
    for path in files:
        open(os.path.join(where, path), "wb").close()
    printed = b""
    for _, path, at in steps:
        with open(os.path.join(where, path), "ab") as out:
            out.write(files[path][out.tell():at])
            out.flush()
            os.utime(out.fileno(), (now, now))
        printed += read(where, "-r", "-d", "a.db", *arguments, block=block)[0]
    again = read(where, "-r", "-d", "a.db", *arguments)[0]
    whole = read(where, "-r", "-d", "b.db", *arguments)[0]
    if len(files) > 1:  # each is in order, but which comes first hangs on what there was
        printed, whole = (b"\n".join(sorted(text.splitlines())) for text in (printed, whole))
    why = ""
    if printed != whole:
        for one, other in zip(printed.splitlines() + [b""], whole.splitlines() + [b""]):
            if one != other:
                why = f"in pieces: {one.decode()}\nat once:   {other.decode()}"
                break
    if again:
        why += f"\nread again: {again[:300].decode()}"
    in_pieces, at_once = rows(os.path.join(where, "a.db")), rows(os.path.join(where, "b.db"))
    for table in TABLES:
        if table == "doubles" and len(files) > 1:
            continue
        if in_pieces[table] != at_once[table]:
            differing = set(in_pieces[table]) ^ set(at_once[table])
            why += f"\n{table} differ: {len(differing)} rows, {sorted(differing)[:2]}"
    read(where, "-r", "-d", "a.db", *arguments, later=QUIET)
    if read(where, "-r", "-d", "a.db", *arguments, later=2 * QUIET)[0]:
        why += "\nwhat was waited for came twice"
    with sqlite3.connect(os.path.join(where, "a.db")) as db:
        stored = list(db.execute("select coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0) from usage_hourly").fetchone())
    ended = {path: data[:data.rfind(b"\n") + 1] for path, data in files.items()}
    for path, data in ended.items():
        with open(os.path.join(where, path), "wb") as out:
            out.write(data)
    plain = tokens(read(where, "--convert", *files)[0])
    if stored != plain:
        why += f"\ntokens: {stored}, not {plain}"
    tell(why == "", f"{name}: {len(steps)} pieces, {sum(map(len, files.values()))} bytes", why)


def kind_of(data):
    first = data.split(b"\n", 1)[0]
    if b'"sessionId"' in data[:4096] and b'"payload"' not in first and b'"hook_event_name"' not in first:
        return "claude"
    if b'"payload"' in first or b'"record_type"' in data[:4096] or b'"instructions"' in first:
        return "codex"
    return "other"


def find():
    logs = {"claude": [], "codex": [], "other": []}
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(base, name)
            if name.endswith((".jsonl", ".ndjson")) and 200 < os.path.getsize(path) < (300_000 if sample else 20_000_000):
                with open(path, "rb") as file:
                    data = file.read()
                if data.count(b"\n") > 2:
                    logs[kind_of(data)].append((os.path.relpath(path, folder), data))
    return logs


BUDGET = """version: 1
policies:
  - {id: budget, by: ["tree(agent)"], window: 1h, having: 'sum(input_tokens) >= 0 && sum(cost_usd) < 1e9', realert: 0s, resolved: false}
"""


def recounted(log):
    """What each agent of a tree has spent in the last hour of its own, at each event of it: counted from the events alone."""
    parents, spent, told = {}, {}, []
    for line in log.splitlines():
        event = json.loads(line)
        agent = event["agent"]
        if "parent_agent" in event:
            parents[agent] = event["parent_agent"]
        if "time" not in event:
            continue
        when, chain = fractions.Fraction(str(event["time"])), []
        while agent and agent not in chain:
            chain.append(agent)
            agent = parents.get(agent) or agent.rpartition("/")[0]
        for name in chain:
            had = spent.setdefault(name, [])
            clock = max([when] + [sample[0] for sample in had])
            if when <= clock - 3600:
                continue
            had.append((when, event.get("input_tokens", 0), fractions.Fraction(event.get("cost_usd", 0)), "cost_usd" in event))
            spent[name] = had = [sample for sample in had if sample[0] > clock - 3600]
            cost = sum(sample[2] for sample in had)
            told.append((event["id"], name, len(had), sum(sample[1] for sample in had),
                         float(cost) if any(sample[3] for sample in had) else 0))
    return told


def budget(seed, count, wanted):
    """At any moment, wherever the run was cut."""
    chance = random.Random(seed)
    events = [json.loads(line) for line in made(seed, count).splitlines()]
    for event in events:
        if chance.random() < 0.6:
            event["cost_usd"] = chance.choice((0.07, 0.1, 1.13, 1e-7, 123456.78, chance.random(), -0.3))
    log = "".join(json.dumps(event) + "\n" for event in events).encode()
    where = os.path.join(place, "x")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    with open(os.path.join(where, "p.yaml"), "w") as out:
        out.write(BUDGET)
    told = []
    for at in [*places(log, wanted, chance), len(log)]:
        with open(os.path.join(where, "log.jsonl"), "ab") as out:
            out.write(log[out.tell():at])
        for line in read(where, "-r", "-d", "a.db", "--exit-zero", "-p", "p.yaml", "log.jsonl")[0].splitlines():
            row = json.loads(line)
            told.append((row["event"], row["key"][0], row["values"]["count"], row["values"]["sum(input_tokens)"], row["values"]["sum(cost_usd)"]))
    want = recounted(log)
    wrong = [(got, must) for got, must in zip(told, want) if got != must]
    tell(told == want, f"budgets, log {seed}: {len(want)} sums in {wanted + 1} pieces are those of a recount",
         f"{len(told)} told, {len(want)} counted; {len(wrong)} differ, first {wrong[:1]}")


def ticks(name, log, policy, wanted, seed):
    """The clock tells what the next event would have told: the same bytes, and the same is left."""
    chance = random.Random(seed)
    where = os.path.join(place, "x")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    with open(os.path.join(where, "p.yaml"), "w") as out:
        out.write(policy)
    moves, newest, at = [], 0, 0  # where an event begins that moves the clock; from when, to when
    for line in log.splitlines(keepends=True):
        when = json.loads(line).get("time", 0)
        if when > newest:
            moves.append((at, newest or when, when))
            newest = when
        at += len(line)
    arguments = ["--exit-zero", "-p", "p.yaml", "log.jsonl"]
    told, early = b"", 0
    for at, before, when in [*sorted(chance.sample(moves, min(wanted, len(moves)))), (len(log), newest, newest)]:
        with open(os.path.join(where, "log.jsonl"), "ab") as out:
            out.write(log[out.tell():at])
        told += read(where, "-r", "-d", "a.db", *arguments)[0]
        for clock in sorted((before + chance.random() * (when - before), when)):
            by_clock = read(where, "-r", "--tick", "-d", "a.db", *arguments, clock=clock)[0]
            early += len(by_clock.splitlines())
            told += by_clock
    whole = read(where, "-r", "-d", "b.db", *arguments)[0]
    why = "" if early > 0 else "the clock told nothing"
    for one, other in zip(told.splitlines() + [b""], whole.splitlines() + [b""]):
        if one != other and why == "":
            why = f"with a clock: {one.decode()}\nwithout:      {other.decode()}"
    ticked, plain = rows(os.path.join(where, "a.db")), rows(os.path.join(where, "b.db"))
    why += "".join(f"\n{table} differ: {sorted(set(ticked[table]) ^ set(plain[table]))[:2]}" for table in TABLES if ticked[table] != plain[table])
    tell(why == "", f"{name}: {early} of {len(whole.splitlines())} evaluations by the clock, which is looked at {2 * min(wanted, len(moves)) + 2} times", why)


def states(logs, chance):
    """A run that is cut begins with the states that the store holds."""
    for seed in range(2 if sample else 6):
        log = made(seed, 300 if sample else 1500)
        compare(f"states, log {seed}", {"log.jsonl": log}, 12 if sample else cuts, 200 + seed, record=seed % 2 == 1, policy=STATES)
        blocks(f"states, log {seed}", {"log.jsonl": log}, STATES)
        budget(seed, 300 if sample else 2000, 10 if sample else cuts)
        ticks(f"states, log {seed} and a clock", log, STATES, 15 if sample else cuts, 400 + seed)
        blocks(f"states, three logs and {seed}", {f"{i}.jsonl": made(10 * seed + i, 100) for i in range(3)}, STATES)
    for kind in ("claude", "codex"):
        small = [log for log in logs[kind] if 2000 < len(log[1]) < 300_000]
        for i, (path, data) in enumerate(chance.sample(small, min(2 if sample else 25, len(small)))):
            compare(f"states, {kind} {path}", {"log.jsonl": data}, 6 if sample else cuts // 4, 300 + i, policy=STATES)
            blocks(f"states, {kind} {path}", {"log.jsonl": data}, STATES)


def main():
    logs = find()
    chance = random.Random(1)
    states(logs, random.Random(2))
    for kind, all_logs in logs.items():
        for i, (path, data) in enumerate(all_logs if not sample else chance.sample(all_logs, min(3, len(all_logs)))):
            wanted = 8 if sample else max(4, cuts // 10)
            compare(f"{kind} {path}", {"log.jsonl": data}, wanted, i, record=i % 2 == 1, block=(None, 1, 7, 4096)[i % 4] if len(data) < 200_000 else None)
    for kind in ("claude", "codex"):
        small = sorted((log for log in logs[kind] if len(log[1]) < 2_000_000), key=lambda log: -len(log[1]))
        for i, (path, data) in enumerate(small[:1 if sample else 4]):
            compare(f"{kind} {path}, often", {"log.jsonl": data}, 20 if sample else cuts, 100 + i)
        told, several = set(), {}
        for path, data in sorted(logs[kind], key=lambda log: len(log[1])):  # logs that share no history and no first line
            own = set(re.findall(rb'"(?:id|uuid|sessionId)": *"([^"]*)"', data)) | {data.split(b"\n", 1)[0]}
            if len(several) < (3 if sample else 6) and not own & told and len(data) > 2000:
                told |= own
                several[f"{len(several)}.jsonl"] = data
        compare(f"{kind}, {len(several)} logs that grow at once", several, 5 if sample else cuts // 6, 7, record=True)
    print(f"1..{count}")


try:
    main()
finally:
    shutil.rmtree(place, ignore_errors=True)
sys.exit(failed > 0)
