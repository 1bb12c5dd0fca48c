/* SPDX-License-Identifier: ISC */
/* Programs that are not ours: what they are given, what they say, and how they end. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/os.h"
#include "base/process.h"
#include "base/temp.h"
#include "base/time.h"
#include "tap.h"

static const char *const no_env[] = {"SV_KEY=k1", NULL};

static struct sv_child_spec shell(const char *argv[4], const char *script)
{
    argv[0] = "/bin/sh";
    argv[1] = "-c";
    argv[2] = script;
    argv[3] = NULL;
    return (struct sv_child_spec){.argv = argv, .env = no_env, .limit_ns = 60 * SV_SECOND_NS, .output_max = 1000};
}

static struct sv_child_end run(struct sv_children *children, const struct sv_child_spec *spec)
{
    struct sv_child_end end = {0};
    struct sv_error err = {0};
    if (!sv_children_start(children, spec, &err)) {
        ok(false, "started: %s", err.text);
        return end;
    }
    while (sv_children_next(children, -1, INT64_MAX, &end) != SV_CHILDREN_ENDED)
        ;
    return end;
}

static void test_plain(struct sv_children *children)
{
    const char *argv[4];
    int owner;
    struct sv_child_spec spec = shell(argv, "cat; echo \"$SV_KEY\" >&2; pwd; umask; ulimit -c; exit 7");
    spec.input = SV_SLICE("hello\n");
    spec.owner = &owner;
    struct sv_child_end end = run(children, &spec);
    is_slice(end.output, SV_SLICE("hello\nk1\n/\n0077\n0\n"), "it has what it is given, in a folder, with a mask and without cores");
    ok(end.status == 7 && end.in_time && end.owner == &owner, "and says how it ended");
    is_int(end.output_bytes, 18, "and how much it said");

    spec = shell(argv, "env | sed 's/=.*//' | grep -v -e PWD -e SHLVL -e '^_$'");
    is_slice(run(children, &spec).output, SV_SLICE("SV_KEY\n"), "its environment is what it is given");
    int leak = open("/dev/null", O_RDONLY); /* not close-on-exec: handed down by who started us, perhaps */
    spec = shell(argv, "for f in 3 4 5 6 7 8 9; do (: <&$f) 2>/dev/null && echo $f; done; :");
    is_slice(run(children, &spec).output, SV_SLICE(""), "nothing else is open");
    close(leak);
    spec = shell(argv, "kill -KILL $$");
    is_int(run(children, &spec).status, 128 + SIGKILL, "a signal's number behind 128");
    spec = shell(argv, "sleep 0 | cat; kill -PIPE $$");
    is_int(run(children, &spec).status, 128 + SIGPIPE, "signals are as by default");
}

static void test_start(struct sv_children *children)
{
    const char *missing[] = {"/nonexistent/program", NULL}, *no_program[] = {"/etc/passwd", NULL};
    struct sv_child_spec spec = {.argv = missing, .env = no_env, .limit_ns = SV_SECOND_NS};
    struct sv_error err = {0};
    ok(!sv_children_start(children, &spec, &err) && err.code == SV_SYSTEM, "what is not there is not started");
    is_str(err.text, "cannot run /nonexistent/program: No such file or directory", "and why");
    spec.argv = no_program;
    ok(!sv_children_start(children, &spec, &err) && strstr(err.text, "denied") != NULL, "nor what is no program: %s", err.text);
    is_int(sv_children_running(children), 0, "none runs");
    ok(waitpid(-1, NULL, WNOHANG) == -1, "and none is left to be waited for");
}

static void test_much(struct sv_children *children)
{
    const char *argv[4];
    struct sv_buf big = {0};
    while (big.len < (5u << 20))
        sv_buf_str(&big, "0123456789abcdef");
    struct sv_child_spec spec = shell(argv, "cat | cksum | cut -d' ' -f2");
    spec.input = sv_buf_slice(&big);
    is_slice(run(children, &spec).output, SV_SLICE("5242880\n"), "more input than a pipe holds");
    spec = shell(argv, "exit 0");
    spec.input = sv_buf_slice(&big);
    is_int(run(children, &spec).status, 0, "one that does not listen");
    spec = shell(argv, "exec <&-; sleep 0; head -c 30000000 /dev/zero | tr '\\0' x");
    spec.input = sv_buf_slice(&big);
    struct sv_child_end end = run(children, &spec);
    ok(end.output.len == 1000 && end.output_bytes == 30000000, "one that says much: its beginning is kept, and how much it was");
    sv_buf_free(&big);
}

/* Of these numbers, in a file, how many still run? */
static int alive(const char *path)
{
    struct sv_buf text = {0};
    int count = 0;
    sv_os_slurp(path, 65536, &text, NULL);
    for (char *at = (char *)(uintptr_t)sv_buf_cstr(&text), *end; strtol(at, &end, 10) > 0; at = end) {
        pid_t pid = (pid_t)strtol(at, NULL, 10);
        for (int tries = 0; tries < 200 && kill(pid, 0) == 0; tries++) { /* killed; whoever has them now may not have taken note */
            struct sv_buf stat = {0};
            char name[64];
            snprintf(name, sizeof name, "/proc/%ld/stat", (long)pid);
            bool is_dead = !sv_os_slurp(name, 4096, &stat, NULL) || strstr(sv_buf_cstr(&stat), ") Z ") != NULL;
            sv_buf_free(&stat);
            if (is_dead)
                break;
            sv_os_sleep_until(sv_os_monotonic_ns() + 10000000);
            count += tries == 199;
        }
    }
    sv_buf_free(&text);
    return count;
}

static void test_bounds(struct sv_children *children)
{
    struct sv_temp folder = {0};
    struct sv_buf script = {0}, pids = {0};
    const char *argv[4];
    struct sv_error err = {0};
    ok(sv_temp_make(&folder, getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp", "sv-child", &err), "a folder: %s", err.text);
    sv_buf_str(&pids, sv_temp_path(&folder, "pids"));
    sv_buf_printf(&script, "trap '' TERM INT HUP; for i in 1 2 3; do sleep 1000 & echo $! >>%s; done; echo ready; wait", sv_buf_cstr(&pids));
    struct sv_child_spec spec = shell(argv, sv_buf_cstr(&script));
    spec.limit_ns = SV_SECOND_NS;
    struct sv_child_end end = run(children, &spec);
    ok(!end.in_time && end.status == 128 + SIGKILL, "one that hangs is killed when its time is over");
    ok(end.took_ns >= SV_SECOND_NS, "not before");
    is_int(alive(sv_buf_cstr(&pids)), 0, "and all of its group with it");

    unlink(sv_buf_cstr(&pids));
    sv_buf_clear(&script); /* a tree that keeps growing by itself, as bombs do, but to a bound */
    sv_buf_printf(&script, "f() { [ $1 -gt 0 ] || { echo $(sh -c 'echo $PPID') >>%s; sleep 1000; }; f $(($1 - 1)) & f $(($1 - 1)) & }; f 4; sleep 0.3; exit 0",
                  sv_buf_cstr(&pids));
    spec = shell(argv, sv_buf_cstr(&script));
    end = run(children, &spec);
    ok(end.in_time && end.status == 0, "one that leaves others behind and ends");
    is_int(alive(sv_buf_cstr(&pids)), 0, "leaves none");

    spec = shell(argv, "setsid sh -c 'while :; do echo spam; done' & sleep 0.2; exit 3");
    spec.limit_ns = 30 * SV_SECOND_NS;
    end = run(children, &spec);
    ok(end.status == 3 && end.took_ns < 25 * SV_SECOND_NS, "one whose child got away and goes on to speak does not hold us up");
    sv_temp_remove(&folder);
    sv_buf_free(&script);
    sv_buf_free(&pids);
}

static void test_many(void)
{
    enum { ROOM = 8, ALL = 40 };
    struct sv_children *children = sv_children_new(ROOM);
    struct sv_error err = {0};
    struct sv_child_end end;
    const char *argv[4];
    int numbers[ALL], seen[ALL] = {0}, started = 0, ended = 0;
    while (ended < ALL) {
        while (started < ALL && sv_children_running(children) < ROOM) {
            struct sv_child_spec spec = shell(argv, started % 4 == 0 ? "exec sleep 1000" : "cat; exit 0");
            spec.limit_ns = started % 4 == 0 ? SV_SECOND_NS / 5 : 60 * SV_SECOND_NS;
            spec.input = SV_SLICE("x");
            numbers[started] = started;
            spec.owner = &numbers[started++];
            if (!sv_children_start(children, &spec, &err))
                ok(false, "started: %s", err.text);
        }
        if (sv_children_next(children, -1, INT64_MAX, &end) != SV_CHILDREN_ENDED)
            continue;
        int number = *(int *)end.owner;
        seen[number] += number % 4 == 0 ? !end.in_time : end.in_time && sv_slice_is(end.output, "x");
        ended++;
    }
    int right = 0;
    for (int i = 0; i < ALL; i++)
        right += seen[i] == 1;
    is_int(right, ALL, "each of many ends once, as it should, with some that hang among them");

    int wake, ring;
    ok(sv_process_pipe(&wake, &ring, &err), "a pipe to be woken by");
    struct sv_child_spec spec = shell(argv, "exec sleep 1000");
    ok(sv_children_start(children, &spec, &err), "one runs");
    is_int(sv_children_next(children, wake, sv_os_monotonic_ns() + 1000000, &end), SV_CHILDREN_TIME, "the time comes");
    ok(write(ring, "", 1) == 1 && sv_children_next(children, wake, INT64_MAX, &end) == SV_CHILDREN_WAKE, "and the bell");
    close(ring);
    is_int(sv_children_next(children, wake, INT64_MAX, &end), SV_CHILDREN_WAKE, "also when who could ring it is gone");
    close(wake);
    sv_children_free(children);
    ok(waitpid(-1, NULL, WNOHANG) == -1, "what still ran is ended with the set");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as all our programs do */
    struct sv_children *children = sv_children_new(2);
    test_plain(children);
    test_start(children);
    test_much(children);
    test_bounds(children);
    sv_children_free(children);
    test_many();
    return done();
}
