# SPDX-License-Identifier: ISC
# examples.py FILE - runs the examples of a manual page or of README in the current folder, and says what is not as it is written.
#
# Blocks of examples (.Bd -literal in manuals, ``` in README) are run in order, in one folder. A line `$ command` is run, `> ` goes
# on with it, what follows is its output, compared to the letter, `...` standing for any lines; without such lines it may print
# what it likes. A line before the block says what else there is to know, as .\" docs: WORDS or <!-- docs: WORDS -->:
#   status=N        of the last command (else 0); status=any: 0 or 1
#   file=NAME       the block is a file, put there for the commands below
#   conditions      each line is a condition of a policy
#   event           the block is one native event, broken to fit
#   crontab         each line is one of a crontab(5); its command is run, as cron(8) does
#   skip            nothing to run
#   both            standard error is shown, too
#   quiet           may print nothing
# A block without commands and words is an illustration.
#
# With SV_TEST_UPDATE=yes output that differs is written into FILE instead; read what it says then, and commit it.
import os, re, subprocess, sys

path = sys.argv[1]
manual = not path.endswith(".md")
wrong, ran, updates = [], 0, []


def plain(line):
    for a, b in (("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"), ("\\(ha", "^"), ("\\-", "-"), ("\\&", ""), ("\\e", "\\")):
        line = line.replace(a, b)
    return line


def blocks():
    words, inside, lines = "", False, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        said = re.match(r'\.\\" docs: (.*)' if manual else r"<!-- docs: (.*) -->", line)
        fence = line.startswith(".Bd -literal" if manual else "```") and not inside
        if said and not inside:
            words = said.group(1)
        elif fence:
            inside, lines, start = True, [], number + 1
        elif inside and line.startswith(".Ed" if manual else "```"):
            yield start, words.split(), lines
            inside, words = False, ""
        elif inside:
            lines.append(plain(line) if manual else line)


def same(expected, got):
    if not expected:
        return not got
    if expected[0] == "...":
        return any(same(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and expected[0] == got[0].rstrip() and same(expected[1:], got[1:])


def run(number, command, expected, status="0", words=()):
    global ran
    ran += 1
    while expected and expected[-1] == "":
        expected.pop()
    done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT if "both" in words else subprocess.PIPE, timeout=60)
    out = done.stdout.decode("utf-8", "replace")
    got = [line.rstrip() for line in out.rstrip("\n").split("\n")]
    differs = expected and not same(expected, got)
    said = f"{path}:{number}: {command}\n"
    if done.returncode not in ([0, 1] if status == "any" else [int(status)]):
        err = (done.stderr or b"").decode("utf-8", "replace")
        wrong.append(f"{said}ended with {done.returncode}, not {status}\n{out[-500:]}{err[-2000:]}")
    elif differs and out and os.environ.get("SV_TEST_UPDATE"):
        updates.append((number + command.count("\n"), len(expected), got))
    elif differs:
        wrong.append(f"{said}printed\n{out}not\n" + "\n".join(expected))
    elif not expected and not out and "quiet" not in words and ">/dev/null" not in command:
        wrong.append(f"{said}printed nothing")


def run_block(number, words, lines):
    options = dict(w.split("=", 1) for w in words if "=" in w)
    if "skip" in words:
        return
    if "file" in options:
        open(options["file"], "w", encoding="utf-8").write("\n".join(lines) + "\n")
        return
    if "conditions" in words:
        for i, line in enumerate(lines):
            quoted = line.replace("'", "''")
            open("condition.yaml", "w", encoding="utf-8").write(f"version: 1\npolicies:\n  - id: a\n    when: '{quoted}'\n")
            run(number + i, "sv-eval --check -p condition.yaml", ["1 policy in 1 file, 1 warning"])  # it has no example
        return
    if "crontab" in words:
        for i, line in enumerate(lines):
            fields = line.split(None, 5)
            bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
            for field, (low, high) in zip(fields, bounds):
                for part in field.split(","):
                    m = re.fullmatch(r"(\*|(\d+)(-(\d+))?)(/(\d+))?", part)
                    if not m or any(n and not low <= int(n) <= high for n in (m[2], m[4])) or (m[6] and not 1 <= int(m[6]) <= high):
                        wrong.append(f"{path}:{number + i}: {field} is no such field of a crontab")
            if len(fields) < 6 or re.search(r"(^|[^\\])%", fields[5]):
                wrong.append(f"{path}:{number + i}: not five times and a command without %")
            else:
                run(number + i, f"cd; env -i HOME=\"$HOME\" PATH=\"$PATH\" LC_ALL=C SHELL=/bin/sh /bin/sh -c '{fields[5]}'", [], "0", ["quiet"])
        return
    if "event" in words:
        open("event.ndjson", "w", encoding="utf-8").write("".join(lines) + "\n")
        run(number, "sv-eval --strict --convert event.ndjson", [])
        return
    commands = []
    for i, line in enumerate(lines):
        if line.startswith("$ "):
            commands.append([number + i, line[2:], []])
        elif line.startswith("> ") and commands and not commands[-1][2]:
            commands[-1][1] += "\n" + line[2:]
        elif commands:
            commands[-1][2].append(line)
    for at, command, expected in commands:
        run(at, command, expected, options.get("status", "0") if at == commands[-1][0] else "0", words)


for block in blocks():
    run_block(*block)
if updates:
    text = open(path, encoding="utf-8").read().split("\n")
    for at, count, lines in reversed(updates):
        text[at : at + count] = [line.replace("\\", "\\e") for line in lines] if manual else lines
    open(path, "w", encoding="utf-8").write("\n".join(text))
print("\n\n".join(wrong))
print(f"{ran} commands run, {len(wrong)} wrong")
sys.exit(len(wrong) > 0 or ran == 0)
