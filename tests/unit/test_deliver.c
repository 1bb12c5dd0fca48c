/* SPDX-License-Identifier: ISC */
/* From the outbox outwards: who is told, how often, and what is known of it afterwards. */
#include "base/process.h"
#include "run/deliver.h"
#include "run/tell.h"
#include "store/mail.h"
#include "store/outbox.h"
#include "store_help.h"

#define T0 (INT64_C(1795168830) * SV_SECOND_NS) /* 2026-11-20T10:00:30Z */

static char store_path[300];
static struct sv_arena arena;

static void set_now(int64_t ns)
{
    struct sv_buf text = {0};
    sv_time_format(&text, ns);
    setenv("SV_NOW", sv_buf_cstr(&text), 1);
    sv_buf_free(&text);
}

static struct sv_store_spec spec_of_store(void)
{
    return (struct sv_store_spec){.path = store_path, .program = "test", .sync_normal = true};
}

/* A new store, empty. */
static void new_store(const char *name)
{
    struct sv_store_spec spec = spec_of_store();
    struct sv_error err = {0};
    snprintf(store_path, sizeof store_path, "%s/%s.db", home, name);
    struct sv_store *store = sv_store_open(&spec, &err);
    ok(store != NULL, "a store for what is %s %s", name, err.text);
    sv_store_close(store);
    set_now(T0);
}

/* count notices to this receiver, named PREFIX-0, ...; each of a group of its own, unless one is given. */
static void put(const char *prefix, const char *receiver, int count, int64_t group)
{
    struct sv_store_spec spec = spec_of_store();
    struct sv_error err = {0};
    struct sv_store *store = sv_store_open(&spec, &err);
    static int64_t next_group = 1000;
    bool added, fine = store != NULL && sv_store_begin(store, &err);
    for (int i = 0; i < count && fine; i++) {
        struct sv_slice key = sv_arena_printf(&arena, "%s-%d", prefix, i);
        struct sv_slice payload = sv_arena_printf(&arena, "{\"key\":\"%s\",\"group\":\"g\",\"title\":\"a title\",\"text\":\"a text\",\"severity\":\"critical\","
                                                  "\"status\":\"firing $(x) \\u0007\",\"test\":false}", key.data);
        struct sv_store_notice notice = {.notification = key, .group = group != 0 ? group : next_group++, .receiver = sv_slice_str(receiver),
                                         .payload = payload, .created_ns = T0, .next_try_ns = T0};
        fine = sv_store_outbox_add(store, &notice, &added, &err);
    }
    if (!fine || !sv_store_commit(store, &err))
        ok(false, "put: %s", err.text);
    sv_store_close(store);
}

static struct sv_alert_config *config_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct sv_alert_config *config_of(const char *format, ...)
{
    char text[4000], path[300];
    struct sv_findings findings = {0};
    struct sv_error err = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%s/alerts.yaml", home);
    sv_os_put_file(path, sv_slice_str(text), 0600, &err);
    struct sv_alert_config *config = sv_alert_config_load(path, &findings);
    ok(config != NULL, "receivers: %s", findings.count > 0 ? findings.items[0].text : "");
    sv_findings_free(&findings);
    return config;
}

static struct sv_deliver_counts deliver(const struct sv_alert_config *config, struct sv_buf *remarks)
{
    struct sv_deliver_spec spec = {.store = spec_of_store(), .config = config, .wake = -1};
    struct sv_deliver_counts counts;
    struct sv_error err = {0};
    if (!sv_deliver(&spec, &counts, remarks, &err))
        ok(false, "delivered: %s", err.text);
    return counts;
}

/* The outbox and the log of tries as they are: texts live until the arena is freed. */
static struct sv_store_notices outbox;
static struct sv_store_deliveries tries;

static void look(void)
{
    struct sv_store_spec spec = spec_of_store();
    struct sv_error err = {0};
    struct sv_store *store = sv_store_open(&spec, &err);
    sv_store_notices_free(&outbox);
    sv_store_deliveries_free(&tries);
    if (store == NULL || !sv_store_outbox_list(store, 0, INT64_MAX, 100000, &outbox, &err) ||
        !sv_store_deliveries(store, 0, INT64_MAX, 100000, &tries, &err))
        ok(false, "looked: %s", err.text);
    sv_store_close(store);
}

static int in_state(enum sv_outbox_state state)
{
    int count = 0;
    for (size_t i = 0; i < outbox.count; i++)
        count += outbox.items[i].state == state;
    return count;
}

static struct sv_slice slurp(const char *name)
{
    char path[300];
    struct sv_buf out = {0};
    snprintf(path, sizeof path, "%s/%s", home, name);
    sv_os_slurp(path, 1 << 24, &out, NULL);
    struct sv_slice text = sv_arena_dup(&arena, sv_buf_slice(&out));
    sv_buf_free(&out);
    return text;
}

static int lines_of(struct sv_slice text)
{
    int count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static void test_program(void)
{
    new_store("told");
    put("one", "good", 1, 0);
    struct sv_alert_config *config = config_of(
        "version: 1\nreceivers: [{name: good, payload: 'title + \"!\"', exec: [/bin/sh, -c, "
            "'cat; env | grep ^SV_ | sort | grep -v TIMEOUT; echo $1', sh, '$(x); y']}]\n");
    struct sv_deliver_counts counts = deliver(config, NULL);
    look();
    ok(counts.told == 1 && counts.failed == 0 && in_state(SV_OUTBOX_SENT) == 1 && outbox.items[0].next_try_ns == INT64_MAX, "one is told, and done with");
    ok(tries.count == 1 && tries.items[0].outcome == SV_DELIVERY_SENT && tries.items[0].status == 0 && tries.items[0].attempt == 1, "its try is in the log");
    is_slice(tries.items[0].answer, SV_SLICE("a title!SV_ATTEMPT=1 SV_GROUP=g SV_KEY=one-0 SV_LEVEL= SV_REASON= SV_RECEIVER= SV_SEVERITY=critical "
                                             "SV_STATUS=firing___x___ SV_TEST=0 $(x); y"),
             "the payload on its input, words that no shell minds in its environment, arguments as they are");
    counts = deliver(config, NULL);
    look();
    ok(counts.told == 0 && tries.count == 1, "what is told is told");
    sv_alert_config_free(config);
}

static void test_failing(void)
{
    struct sv_buf remarks = {0};
    new_store("failing");
    put("bad", "bad", 1, 0);
    put("no", "refuses", 1, 0);
    put("gone", "missing", 1, 0);
    put("nobody", "nobody", 1, 0);
    struct sv_alert_config *config = config_of("version: 1\nreceivers:\n- {name: bad, retries: 2, exec: [/bin/sh, -c, 'echo no luck; exit 3']}\n"
                                               "- {name: refuses, exec: [/bin/sh, -c, 'exit 65']}\n- {name: missing, exec: /nonexistent/x}\n");
    struct sv_deliver_counts counts = deliver(config, &remarks);
    look();
    ok(counts.failed == 3 && counts.given_up == 1 && counts.told == 0, "what fails is to be tried again, what is refused is given up");
    ok(in_state(SV_OUTBOX_WAITING) == 3 && in_state(SV_OUTBOX_GIVEN_UP) == 1, "it waits");
    ok(strstr(sv_buf_cstr(&remarks), "receiver bad: exit status 3: no luck; tried again at 2026-11-20T10:00:4") != NULL,
        "and it is said: %s", sv_buf_cstr(&remarks));
    ok(strstr(sv_buf_cstr(&remarks), "receiver missing: cannot run /nonexistent/x: No such file or directory; tried") != NULL, "why");
    ok(strstr(sv_buf_cstr(&remarks), "receiver nobody: alerts.yaml has no receiver of this name; tried") != NULL, "one whose receiver is gone waits, too");
    ok(strstr(sv_buf_cstr(&remarks), "receiver refuses: exit status 65; given up after 1 tries") != NULL, "one that is refused does not");
    counts = deliver(config, NULL);
    ok(counts.failed + counts.given_up + counts.told == 0, "not before its time");
    set_now(T0 + 20 * SV_SECOND_NS);
    counts = deliver(config, NULL);
    is_int(counts.failed, 3, "then again");
    set_now(T0 + 40 * SV_SECOND_NS);
    counts = deliver(config, NULL);
    is_int(counts.failed + counts.given_up, 0, "twice as long the second time");
    set_now(T0 + 60 * SV_SECOND_NS);
    counts = deliver(config, NULL);
    ok(counts.failed == 2 && counts.given_up == 1, "given up after so many retries");
    look();
    int of_bad = 0;
    for (size_t i = 0; i < tries.count; i++)
        of_bad += sv_slice_is(tries.items[i].receiver, "bad");
    is_int(of_bad, 3, "each try is in the log");
    sv_alert_config_free(config);
    sv_buf_free(&remarks);

    int64_t pause_ns = 0;
    for (uint64_t i = 1; i < 30; i++) {
        int64_t next_ns = sv_deliver_pause_ns(i, SV_SLICE("k"));
        ok(next_ns >= pause_ns && next_ns <= 750 * SV_SECOND_NS, "the pause before try %d has a bound", (int)i + 1);
        pause_ns = next_ns;
    }
}

static void test_dead_among_others(void)
{
    new_store("dead");
    put("d", "dead", 100, 0);
    put("h", "hangs", 100, 0);
    put("g", "good", 100, 0);
    struct sv_alert_config *config = config_of("version: 1\nreceivers:\n- {name: dead, exec: /bin/false}\n- {name: hangs, "
        "timeout: 200ms, exec: [/bin/sleep, '1000']}\n"
                                               "- {name: good, exec: /bin/true}\n");
    struct sv_deliver_counts counts = deliver(config, NULL);
    look();
    is_int(counts.told, 100, "who works is told all, whoever else is dead");
    ok(counts.failed >= 4 && counts.failed <= 4 * SV_DELIVER_PER_RECEIVER, "who is dead is left alone after a few tries: %d", (int)counts.failed);
    is_int(in_state(SV_OUTBOX_WAITING), 200, "and nothing is lost");
    sv_alert_config_free(config);
}

static void test_file_and_mailbox(void)
{
    new_store("written");
    put("f", "file", 2, 0);
    put("m", "mail", 1, 0);
    struct sv_error err = {0};
    char path[300];
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: file, file: %s/notices}, {name: mail, "
        "mailbox: mira, payload: 'title'}]\n", home);
    is_int(deliver(config, NULL).told, 3, "a file and a mailbox are told");
    is_int(lines_of(slurp("notices")), 2, "a line each");
    ok(sv_slice_starts(slurp("notices"), SV_SLICE("{\"key\":\"f-0\",")), "the notice as it is");
    snprintf(path, sizeof path, "%s/notices", home);
    struct sv_os_stat st;
    ok(sv_os_stat_path(path, false, &st) && (st.mode & 0777) == 0600, "for its owner alone");
    FILE *torn = fopen(path, "a");
    fputs("{\"torn", torn);
    fclose(torn);
    put("g", "file", 1, 0);
    deliver(config, NULL);
    ok(lines_of(slurp("notices")) == 4 && sv_slice_find(slurp("notices"), SV_SLICE("{\"torn\n{\"key\":\"g-0\"")) != NULL, "a torn line is ended first");
    sv_alert_config_free(config);

    struct sv_store_spec spec = spec_of_store();
    struct sv_store *store = sv_store_open(&spec, &err);
    struct sv_children *children = sv_children_new(1);
    config = config_of("version: 1\nreceivers: [{name: mail, mailbox: mira}, {name: folder, file: %s}, {name: nowhere, file: /nonexistent/x}]\n", home);
    struct sv_teller *teller = sv_teller_new(config, store, children);
    struct sv_telling telling = {0};
    struct sv_slice notice = SV_SLICE("{\"title\":\"a title\",\"text\":\"a text\"}");
    ok(!sv_tell_begin(teller, &telling, &config->receivers[0], notice, SV_SLICE("m-0"), 2) && telling.fate == SV_FATE_TOLD, "the same one again");
    struct sv_store_messages all = {0};
    ok(sv_store_messages(store, SV_MAIL_ALL, 0, INT64_MAX, 10, &all, &err) && all.count == 1, "is in the mailbox once");
    ok(all.count == 1 && sv_slice_is(all.items[0].subject, "a title") && all.items[0].priority == 0 && sv_slice_is(all.items[0].from, "sv-alert"),
       "with its title, urgent as a critical one is");
    ok(!sv_tell_begin(teller, &telling, &config->receivers[1], notice, SV_SLICE("m-1"), 1) && telling.fate == SV_FATE_AGAIN, "a folder is no file");
    ok(!sv_tell_begin(teller, &telling, &config->receivers[2], notice, SV_SLICE("m-1"), 1) && telling.fate == SV_FATE_AGAIN, "nor is what has no folder: %s",
       sv_buf_cstr(&telling.answer));
    ok(!sv_tell_check(&config->receivers[2], &err), "which is seen before, too: %s", err.text);
    sv_store_messages_free(&all);
    sv_telling_free(&telling);
    sv_teller_free(teller);
    sv_children_free(children);
    sv_store_close(store);
    sv_alert_config_free(config);
}

static void write_secret(const char *text, unsigned mode)
{
    char path[300];
    struct sv_error err = {0};
    snprintf(path, sizeof path, "%s/secret", home);
    ok(sv_os_put_file(path, sv_slice_str(text), mode, &err), "a secret %s", err.text);
}

static void test_secret(void)
{
    struct sv_error err = {0};
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: s, secret_file: %s/secret, payload: '\"k=\" + secret', "
                                               "exec: [/bin/sh, -c, 'cat; echo \" $0 $*\"; env | grep -c hunter2000; cat $SV_SECRET_FILE', a]}]\n", home);
    new_store("secret");
    put("s", "s", 1, 0);
    struct sv_buf remarks = {0};
    ok(deliver(config, &remarks).failed == 1 && strstr(sv_buf_cstr(&remarks), "the secret_file cannot be read: No such file") != NULL, "no secret, no try");
    write_secret("hunter2000\n", 0644);
    ok(!sv_tell_check(&config->receivers[0], &err) && strstr(err.text, "chmod 600") != NULL, "a secret that others may read is none: %s", err.text);
    write_secret("\n", 0600);
    ok(!sv_tell_check(&config->receivers[0], &err), "nor is an empty one: %s", err.text);
    write_secret("hunter2000\n", 0600);
    ok(sv_tell_check(&config->receivers[0], &err), "one for its owner alone is fine");
    set_now(T0 + 30 * SV_SECOND_NS);
    is_int(deliver(config, NULL).told, 1, "told with it");
    look();
    is_slice(tries.items[0].answer, SV_SLICE("k=[redacted:secret] a  0 [redacted:secret]"),
             "it is in the payload and the file, not in argument or environment, and not in the answer that is kept");
    sv_buf_free(&remarks);
    sv_alert_config_free(config);
}

static const struct sv_alert_config *shared_config;

static int deliver_body(void *context)
{
    struct sv_deliver_spec spec = {.store = spec_of_store(), .config = shared_config, .wake = -1};
    struct sv_deliver_counts counts;
    struct sv_error err = {0};
    (void)context;
    return sv_deliver(&spec, &counts, NULL, &err) ? 0 : 4;
}

static void test_two_at_once(void)
{
    enum { PROCESSES = 4, NOTICES = 120 };
    struct sv_error err = {0};
    struct sv_process_end end;
    pid_t pids[PROCESSES];
    new_store("crowded");
    put("c", "log", NOTICES, 0);
    put("d", "log2", NOTICES, 0);
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: log, exec: [/bin/sh, -c, 'echo $SV_KEY >>%s/keys']}, "
                                               "{name: log2, exec: [/bin/sh, -c, 'echo $SV_KEY >>%s/keys']}]\n", home, home);
    shared_config = config;
    int fine = 0;
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = sv_process_start(deliver_body, NULL, &err);
    for (int i = 0; i < PROCESSES; i++)
        fine += sv_process_wait(pids[i], true, &end) == 1 && end.status == 0;
    deliver(config, NULL); /* who came last may have found nothing, while others were at it */
    look();
    is_int(fine, PROCESSES, "several deliver at once");
    ok(in_state(SV_OUTBOX_SENT) == 2 * NOTICES && tries.count == 2 * NOTICES, "each is told once");
    is_int(lines_of(slurp("keys")), 2 * NOTICES, "as its receiver has it, too");
    sv_alert_config_free(config);
}

static void test_killed(void)
{
    struct sv_error err = {0};
    struct sv_process_end end;
    char path[300];
    new_store("killed");
    put("k", "slow", 3, 0);
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: slow, exec: [/bin/sh, -c, "
        "'echo $SV_KEY $SV_ATTEMPT >>%s/slow; [ $SV_ATTEMPT = 2 ] || exec sleep 1000']}]\n", home);
    shared_config = config;
    snprintf(path, sizeof path, "%s/slow", home);
    pid_t pid = sv_process_start(deliver_body, NULL, &err);
    for (int i = 0; i < 3000 && lines_of(slurp("slow")) < 3; i++)
        sv_os_sleep_until(sv_os_monotonic_ns() + 10000000);
    sv_process_signal(pid, SIGKILL);
    sv_process_wait(pid, true, &end);
    is_int(lines_of(slurp("slow")), 3, "all were begun, then who delivers is killed");
    is_int(deliver(config, NULL).told, 0, "as long as the lease runs nobody else tells them");
    set_now(T0 + 91 * SV_SECOND_NS);
    is_int(deliver(config, NULL).told, 3, "when it is over they are told");
    look();
    is_int(in_state(SV_OUTBOX_SENT), 3, "none is lost");
    for (int i = 0; i < 3; i++) {
        char want[64];
        snprintf(want, sizeof want, "k-%d 2\n", i);
        ok(sv_slice_find(slurp("slow"), sv_slice_str(want)) != NULL, "doubled under the same key");
    }
    sv_alert_config_free(config);
}

static void test_order(void)
{
    new_store("ordered");
    put("o", "flaky", 3, 7);
    put("p", "flaky", 1, 8);
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: flaky, exec: [/bin/sh, -c, "
        "'echo $SV_KEY $SV_ATTEMPT >>%s/order; [ $SV_KEY$SV_ATTEMPT != o-01 ]']}]\n", home);
    struct sv_deliver_counts counts = deliver(config, NULL);
    ok(counts.told == 1 && counts.failed == 1, "what comes behind one that failed waits for it; another group does not");
    set_now(T0 + 20 * SV_SECOND_NS);
    is_int(deliver(config, NULL).told, 3, "then they go");
    struct sv_slice order = slurp("order");
    const char *second = sv_slice_find(order, SV_SLICE("o-0 2\n")), *third = sv_slice_find(order, SV_SLICE("o-1 1\n")),
        *last = sv_slice_find(order, SV_SLICE("o-2 1\n"));
    ok(second != NULL && third > second && last > third, "in their order");
    sv_alert_config_free(config);
}

static void test_beside(void)
{
    struct sv_error err = {0};
    struct sv_beside beside;
    struct sv_process_end end;
    new_store("beside");
    unsetenv("SV_NOW");
    struct sv_alert_config *config = config_of("version: 1\nreceivers: [{name: good, exec: [/bin/sh, -c, "
        "'echo $SV_KEY >>%s/rung']}, {name: hangs, exec: [/bin/sleep, '1000']}]\n", home);
    struct sv_deliver_spec spec = {.store = spec_of_store(), .config = config};
    ok(sv_deliver_beside(&spec, &beside, &err), "one beside %s", err.text);
    put("h", "hangs", 1, 0);
    sv_deliver_ring(&beside);
    put("b", "good", 5, 0);
    sv_deliver_ring(&beside);
    for (int i = 0; i < 3000 && lines_of(slurp("rung")) < 5; i++)
        sv_os_sleep_until(sv_os_monotonic_ns() + 10000000);
    is_int(lines_of(slurp("rung")), 5, "it tells while it goes on, whoever hangs");
    put("c", "good", 2, 0);
    sv_deliver_ring(&beside);
    sv_deliver_leave(&beside);
    for (int i = 0; i < 3000 && lines_of(slurp("rung")) < 7; i++)
        sv_os_sleep_until(sv_os_monotonic_ns() + 10000000);
    is_int(lines_of(slurp("rung")), 7, "and what was there at the end");
    is_int(sv_process_wait(beside.pid, false, &end), 0, "it is not waited for");
    sv_process_signal(beside.pid, SIGKILL);
    sv_process_wait(beside.pid, true, &end);

    ok(sv_deliver_beside(&spec, &beside, &err), "another");
    sv_deliver_leave(&beside);
    ok(sv_process_wait(beside.pid, true, &end) == 1 && end.status == 0, "one that was never rung ends with who began it");
    sv_alert_config_free(config);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as all our programs do */
    home_make();
    test_program();
    test_failing();
    test_dead_among_others();
    test_file_and_mailbox();
    test_secret();
    test_two_at_once();
    test_killed();
    test_order();
    test_beside();
    sv_store_notices_free(&outbox);
    sv_store_deliveries_free(&tries);
    sv_arena_free(&arena);
    return done();
}
