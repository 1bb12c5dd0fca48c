/* SPDX-License-Identifier: ISC */
/* The store in the sun: what goes in is there, once. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static void test_new(void)
{
    struct sv_error err;
    const char *path = in_home("new/deep/sv.db");
    mode_t mask = umask(0);
    struct sv_store *store = open_store(path, &err);
    umask(mask);
    ok(store != NULL, "a new store opens: %s", err.text);
    if (store == NULL)
        return;
    struct stat st;
    ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "it has mode 0600, whatever the umask");
    ok(stat(in_home("new/deep/sv.db-wal"), &st) == 0 && (st.st_mode & 07777) == 0600, "so has its log");
    ok(stat(in_home("new/deep/sv.db-line"), &st) == 0 && (st.st_mode & 07777) == 0600, "and its side file");
    ok(stat(in_home("new/deep"), &st) == 0 && (st.st_mode & 07777) == 0700, "the folder has 0700");
    ok(stat(in_home("new"), &st) == 0 && (st.st_mode & 07777) == 0700, "and the one above");
    is_str(sv_store_path(store), path, "it knows its path");
    is_int(ask(path, "PRAGMA application_id"), SV_STORE_APPLICATION_ID, "application_id is svdb");
    is_int(ask(path, "PRAGMA user_version"), sv_store_schema_count, "user_version is the number of steps");
    is_int(ask(path, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name IN ('idx_evaluations_supervisor_created',"
                     "'idx_evaluations_agent', 'idx_evaluations_policy')"),
           3, "the three indexes have their names");
    is_int(ask(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1, "it has a write-ahead log");
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(store->db, "PRAGMA wal_autocheckpoint", -1, &statement, NULL);
    ok(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 0, "no automatic checkpoints");
    sqlite3_finalize(statement);
    sv_store_close(store);
    ok(stat(in_home("new/deep/sv.db-wal"), &st) == 0, "closing leaves the log alone");
}

static void test_rows(void)
{
    struct sv_error err;
    const char *path = in_home("rows.db");
    struct sv_store *store = open_store(path, &err);
    ok(sv_store_begin(store, &err), "begins");
    int64_t run = sv_store_run_start(store, SV_SLICE("sv-eval -N x"), 1000, &err);
    is_int(run, 1, "a run has a number");
    int64_t source, policy, again;
    struct sv_store_source file = {.head = UINT64_C(0xffeeddccbbaa9988), .path = SV_SLICE("/no/such/log.jsonl")};
    ok(sv_store_source_add(store, &file, &err) && file.id == 1 && file.number == 1, "a source has one, too");
    source = file.id;
    ok(sv_store_policy(store, &test_policy, &policy, &err) && sv_store_policy(store, &test_policy, &again, &err) && policy == again,
       "a version of a policy is known again");
    struct sv_hit row = row_of(7);
    row.values = SV_SLICE("{\"count\":6}");
    row.keys = SV_SLICE("[\"a\"]");
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 5000, &err), "a row goes in: %s", err.text);
    is_int(sv_store_rows(store), 1, "and is counted");
    row.message = SV_SLICE("another text");
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 6000, &err), "the same address again is no error");
    is_int(sv_store_rows(store), 1, "and not counted");
    row.key_number = 1;
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 6000, &err), "another key of that address is another row");
    struct sv_hit own = row_of(8);
    own.event = SV_SLICE("0123456789abcdef:8.1");
    own.supervisor = SV_SLICE("s7");
    own.team = SV_SLICE("payments");
    own.agent = (struct sv_slice){0};
    ok(sv_store_put_evaluation(store, run, source, policy, &own, 6000, &err), "a row of an event without an id of its own");
    own.outcome = SV_PASS;
    own.key_number = 9;
    ok(sv_store_put_evaluation(store, run, source, policy, &own, 6000, &err), "a pass is taken");
    is_int(sv_store_rows(store), 3, "but not stored");
    ok(!sv_store_put_evaluation(store, run, source, 99, &row, 6000, &err), "a policy nobody asked for is refused");
    ok(sv_store_run_update(store, run, SV_SLICE("{\"events\":3}"), 0, &err), "the ledger goes in");
    ok(sv_store_commit(store, &err), "commits: %s", err.text);
    is_int(ask(path, ROWS), 3, "three rows are there");
    is_int(ask(path, ROWS " WHERE created_at = 5000 AND source = 1 AND record = 7 AND part = 1 AND policy_id = 1 AND key_number = 0"
                          " AND outcome = 0 AND severity = 3 AND action = 3 AND event = 'own-id' AND run = 1 AND team_id IS NULL"
                          " AND message LIKE 'force push by%' AND key_json = '[\"a\"]' AND values_json = '{\"count\":6}'"),
           1, "the first stayed as it was, each value in its column");
    is_int(ask(path, ROWS " WHERE record = 8 AND event IS NULL AND agent_id IS NULL AND team_id = 1"), 1,
           "an address is not stored again as an id");
    is_int(ask(path, "SELECT count(*) FROM supervisors WHERE name IN ('-', 's7')"), 2, "supervisors arise, - for none");
    is_int(ask(path, "SELECT count(*) FROM evaluations WHERE policy = 'force-push' AND severity = 'critical' AND action = 'deny'"
                     " AND supervisor = 's7' AND team = 'payments' AND session = 's1' AND tool = 'Bash' AND outcome = 'violation'"
                     " AND path = '/no/such/log.jsonl'"),
           1, "the view has words");
    is_int(ask(path, "SELECT count(*) FROM sources WHERE printf('%016x', head) = 'ffeeddccbbaa9988'"), 1, "heads keep 64 bits");
    is_int(ask(path, "SELECT count(*) FROM runs WHERE ended_at IS NULL AND ledger = '{\"events\":3}' AND started_at = 1000"
                     " AND program = 'sv-test' AND arguments = 'sv-eval -N x' AND sqlite_version = sqlite_version()"),
           1, "the run's row is whole");
    ok(sv_store_begin(store, &err) && sv_store_run_update(store, run, SV_SLICE("{\"events\":4}"), 2000, &err) &&
           sv_store_commit(store, &err),
       "a run ends");
    is_int(ask(path, "SELECT ended_at FROM runs WHERE ledger = '{\"events\":4}'"), 2000, "with its time");
    sv_store_close(store);
}

static void test_rollback(void)
{
    struct sv_error err;
    const char *path = in_home("rollback.db");
    struct sv_store *store = open_store(path, &err);
    int64_t policy = 0, first = 0;
    struct sv_hit row = row_of(1);
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &policy, &err) &&
           sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err),
       "a row in a batch");
    sv_store_rollback(store);
    is_int(sv_store_rows(store), 0, "rolled back, it does not count");
    is_int(ask(path, ROWS), 0, "and is not there");
    ok(!sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err), "the policy is forgotten");
    ok(put_batch(store, 1, 1, 1, 11, &err), "the next batch goes in: %s", err.text);
    is_int(ask(path, "SELECT count(*) FROM evaluations WHERE agent IS NOT NULL AND session = 's1' AND policy = 'force-push'"), 10,
           "and all its names are there");
    sv_store_rollback(store);
    is_int(sv_store_rows(store), 10, "a rollback outside of a batch does nothing");
    ok(!sv_store_commit(store, &err), "nor is there anything to commit");

    struct sv_store *second = open_store(path, &err);
    ok(second != NULL, "the same store opens twice in a process");
    ok(put_batch(second, 1, 2, 1, 11, &err), "the second writes: %s", err.text);
    sv_store_close(second);
    ok(put_batch(store, 1, 3, 1, 11, &err), "the first still writes after the second was closed");
    is_int(ask(path, ROWS), 30, "all is there");
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &first, &err) && first == policy,
       "one version, one row");
    sv_store_close(store);
    is_int(ask(path, "SELECT count(*) FROM supervisor_policies"), 1, "closing amid a batch leaves nothing half done");
}

static void is_path(const char *path, const char *want, const char *name)
{
    struct sv_buf out = {0};
    sv_store_source_path(&out, path, NULL);
    is_str(sv_buf_cstr(&out), want, "%s", name);
    sv_buf_free(&out);
}

static void test_paths(void)
{
    file_write(in_home("a.jsonl"), "{}\n", 3);
    if (symlink(in_home("a.jsonl"), in_home("link.jsonl")) != 0)
        exit(1);
    struct sv_buf real = {0};
    sv_store_source_path(&real, home, NULL);
    struct sv_buf a = {0}, gone = {0};
    sv_buf_printf(&a, "%s/a.jsonl", sv_buf_cstr(&real));
    sv_buf_printf(&gone, "%s/gone.jsonl", sv_buf_cstr(&real));
    is_path(in_home("a.jsonl"), sv_buf_cstr(&a), "a path is absolute");
    is_path(in_home("link.jsonl"), sv_buf_cstr(&a), "and without links");
    is_path(in_home("gone.jsonl"), sv_buf_cstr(&gone), "that of a file that is gone by now, too");
    char here[400];
    if (getcwd(here, sizeof here) == NULL || chdir(home) != 0)
        exit(1);
    is_path("./a.jsonl", sv_buf_cstr(&a), "from here");
    is_path("gone.jsonl", sv_buf_cstr(&gone), "of a missing file from here");
    if (chdir(here) != 0)
        exit(1);
    struct sv_redactor *redactor = sv_redactor_new();
    struct sv_buf one = {0}, two = {0};
    sv_store_source_path(&one, "/tmp/AKIAIOSFODNN7EXAMPLE/a", redactor);
    sv_store_source_path(&two, "/tmp/AKIAIOSFODNN7EXAMPLF/a", redactor);
    ok(strstr(sv_buf_cstr(&one), "AKIA") == NULL && strchr(sv_buf_cstr(&one), '#') != NULL, "secrets in it are not kept: %s",
       sv_buf_cstr(&one));
    ok(!sv_slice_equal(sv_buf_slice(&one), sv_buf_slice(&two)), "and such paths are still told apart");
    sv_redactor_free(redactor);
    sv_buf_free(&one);
    sv_buf_free(&two);
    sv_buf_free(&real);
    sv_buf_free(&a);
    sv_buf_free(&gone);
}

static void test_sources(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("sources.db"), &err);
    ok(sv_store_begin(store, &err), "begins");
    struct sv_store_source a = {.head = 5, .path = SV_SLICE("/x/a"), .log = SV_SLICE("/x/a"), .first_read_ns = 7};
    struct sv_store_source b = {.head = 5, .path = SV_SLICE("/x/b"), .log = SV_SLICE("/x/b")};
    struct sv_store_source c = {.head = 6, .path = SV_SLICE("/x-/c"), .log = SV_SLICE("/x-/c")};
    ok(sv_store_source_add(store, &a, &err) && a.number == 1, "a file");
    ok(sv_store_source_add(store, &b, &err) && b.id != a.id && b.number == 2, "another that begins alike is number 2");
    ok(sv_store_source_add(store, &c, &err) && c.number == 1, "another head counts afresh");
    struct sv_store_source pipe = {.run = 3, .path = SV_SLICE("-")}, other = {.run = 3, .path = SV_SLICE("fifo")};
    ok(sv_store_source_add(store, &pipe, &err) && pipe.number == 1 && sv_store_source_add(store, &other, &err) && other.number == 2,
       "pipes of a run are numbered");
    struct sv_store_source again = {.run = 4, .path = SV_SLICE("-")};
    ok(sv_store_source_add(store, &again, &err) && again.number == 1, "another run counts afresh");

    bool was_moved;
    a.device = 1, a.inode = UINT64_C(0xfedcba9876543210), a.born_ns = 3, a.size = 900, a.modified_ns = 4;
    a.print = (struct sv_print){.end = 700, .begin_length = 700, .begin = UINT64_C(0xffffffffffffffff), .tail = 1};
    a.has_position = true, a.offset = 700, a.record = 9, a.read_ns = 5;
    a.format = SV_SLICE("claude");
    ok(sv_store_source_set(store, &a, sv_slice("\0state", 6), NULL, &was_moved, &err) && !was_moved, "a position is set");
    ok(sv_store_source_set(store, &a, SV_SLICE("x"), NULL, &was_moved, &err) && was_moved, "not by one who did not know of it");
    int64_t from = 700;
    a.offset = 800, a.print.end = 800, a.record = 10, a.state = SV_SOURCE_ROTATED, a.path = SV_SLICE("/x/a.1"), a.format = SV_SLICE("");
    ok(sv_store_source_set(store, &a, sv_slice("\0more", 5), &from, &was_moved, &err) && !was_moved, "it moves on");
    ok(sv_store_commit(store, &err), "commits");

    struct sv_store_sources rows = {0};
    ok(sv_store_sources_by_head(store, 5, &rows, &err) && rows.count == 2 && rows.items[0].id == a.id && rows.items[1].id == b.id,
       "files are found by their head, oldest first");
    const struct sv_store_source *row = &rows.items[0];
    ok(sv_slice_is(row->path, "/x/a.1") && sv_slice_is(row->log, "/x/a") && row->inode == a.inode && row->device == 1 &&
           row->born_ns == 3 && row->size == 900 && row->modified_ns == 4 && row->print.begin == a.print.begin && row->print.end == 800 &&
           row->print.begin_length == 700 && row->print.tail == 1 && row->has_position && row->offset == 800 && row->record == 10 &&
           row->state == SV_SOURCE_ROTATED && sv_slice_is(row->format, "claude") && row->first_read_ns == 7 && row->read_ns == 5 &&
           row->head == 5 && row->run == 0 && row->number == 1,
       "with all that was set, the format as it was known before");
    ok(!rows.items[1].has_position, "one that no resumed run has read has no position");
    sv_store_sources_free(&rows);
    struct sv_buf state = {0};
    ok(sv_store_source_format_state(store, a.id, &state, &err) && sv_slice_equal(sv_buf_slice(&state), sv_slice("\0more", 5)),
       "what the format carried over comes back, bytes as they were");
    sv_buf_free(&state);
    ok(sv_store_sources_by_log(store, SV_SLICE("/x/a"), &rows, &err) && rows.count == 1 && rows.items[0].id == a.id, "by its log");
    ok(sv_store_sources_under(store, SV_SLICE("/x"), &rows, &err) && rows.count == 3, "below a folder, and not below one named alike");
    sv_store_sources_free(&rows);
    sv_store_close(store);
}

static void test_log_lock(void)
{
    struct sv_error err = {0};
    const char *path = in_home("lock.db");
    struct sv_store *store = open_store(path, &err);
    pid_t holder = 0;
    ok(sv_store_log_lock(store, SV_SLICE("/x/a"), &holder, &err), "a log is ours to read");
    pid_t child = fork();
    if (child == 0) {
        struct sv_store *mine = open_store(path, &err);
        bool refused = !sv_store_log_lock(mine, SV_SLICE("/x/a"), &holder, &err) && holder == getppid() && err.code == SV_DONE;
        bool taken = sv_store_log_lock(mine, SV_SLICE("/x/b"), &holder, &err);
        _exit(refused && taken ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    is_int(status, 0, "another process is told who reads it, and may read another");
    ok(sv_store_log_lock(store, SV_SLICE("/x/b"), &holder, &err), "what a process held that has ended is free");
    sv_store_close(store);
}

static void test_doubles(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("doubles.db"), &err);
    uint64_t ids[5000];
    for (size_t i = 0; i < 5000; i++)
        ids[i] = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
    ok(sv_store_begin(store, &err) && sv_store_doubles_add(store, SV_SLICE("sv"), 10, 70, ids, 3, &err) &&
           sv_store_doubles_add(store, SV_SLICE("sv"), 10, 71, ids + 3, 4997, &err) &&
           sv_store_doubles_add(store, SV_SLICE("sv"), 11, 72, ids, 1, &err) &&
           sv_store_doubles_add(store, SV_SLICE("claude"), 10, 72, ids, 2, &err) && sv_store_commit(store, &err),
       "ids that were counted are kept");
    struct sv_set set = {0};
    ok(sv_store_doubles_load(store, SV_SLICE("sv"), 10, 71, &set, &err) && set.count == 5000 && sv_set_has(&set, ids[0]) &&
           sv_set_has(&set, ids[4999]),
       "all of an hour come back: %zu", set.count);
    sv_set_free(&set);
    ok(sv_store_doubles_load(store, SV_SLICE("sv"), 11, 73, &set, &err) && set.count == 0, "what was counted before is not wanted");
    ok(sv_store_doubles_load(store, SV_SLICE("claude"), 10, 72, &set, &err) && set.count == 2, "another format's are others");
    sv_set_free(&set);
    is_int(ask(in_home("doubles.db"), "SELECT max(length(ids)) FROM doubles"), 4096 * 8, "a row holds at most 4,096");
    is_int(ask(in_home("doubles.db"), "SELECT count(*) FROM doubles WHERE format = 'sv' AND hour = 10"), 2, "so that is two");
    ok(sv_store_begin(store, &err) && sv_store_doubles_expire(store, 72, &err) && sv_store_commit(store, &err), "what was counted long ago is forgotten");
    ok(sv_store_doubles_load(store, SV_SLICE("sv"), 10, 0, &set, &err) && set.count == 0 &&
           sv_store_doubles_load(store, SV_SLICE("sv"), 11, 0, &set, &err) && set.count == 1,
       "and nothing else");
    sv_set_free(&set);
    sv_store_close(store);
}

static void test_usage(void)
{
    struct sv_error err;
    const char *path = in_home("usage.db");
    struct sv_store *store = open_store(path, &err);
    struct sv_histogram durations = {0};
    struct sv_store_usage usage = {.hour = 5, .events = 2, .errors = 1, .input_tokens = 100, .output_tokens = 10, .cost_usd = 0.5,
                                   .durations = &durations};
    sv_histogram_add(&durations, 1000, 2);
    ok(sv_store_begin(store, &err) && sv_store_name(store, SV_NAME_TYPE, SV_SLICE("llm.call"), &usage.type, &err) &&
           sv_store_name(store, SV_NAME_AGENT, SV_SLICE("a"), &usage.agent, &err) && sv_store_usage_add(store, &usage, 1, &err) &&
           sv_store_usage_add(store, &usage, 1, &err),
       "adds: %s", err.text);
    ok(sv_store_name(store, SV_NAME_MODEL, SV_SLICE("m"), &usage.model, &err) && sv_store_usage_add(store, &usage, 1, &err) &&
           sv_store_commit(store, &err),
       "another model is another row");
    is_int(ask(path, "SELECT count(*) FROM usage_hourly"), 2, "two rows");
    is_int(ask(path, "SELECT events * 1000000 + errors * 10000 + input_tokens + output_tokens FROM usage_hourly WHERE model_id = 0"),
           4020220, "what is added adds up");
    is_int(ask(path, "SELECT cost_usd = 1.0 AND unpriced_tokens = 0 FROM usage_hourly WHERE model_id = 0"), 1, "costs too");
    sqlite3_stmt *row;
    sqlite3_prepare_v2(store->db, "SELECT durations FROM usage_hourly WHERE model_id = 0", -1, &row, NULL);
    struct sv_histogram sum = {0};
    ok(sqlite3_step(row) == SQLITE_ROW &&
           sv_histogram_load(&sum, sv_slice(sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0))) && sum.total == 4,
       "and durations");
    sqlite3_finalize(row);
    sv_histogram_free(&sum);

    struct sv_store_usage many[10];
    for (int i = 0; i < 10; i++)
        many[i] = (struct sv_store_usage){.hour = 6 + i / 4, .type = usage.type, .events = 1, .durations = i % 2 == 0 ? &durations : NULL};
    ok(sv_store_begin(store, &err) && sv_store_usage_add(store, many, 10, &err) && sv_store_commit(store, &err), "many at once");
    is_int(ask(path, "SELECT count(*) * 1000 + sum(events) FROM usage_hourly WHERE hour > 5"), 3010, "some of them the same row");
    is_int(ask(path, "SELECT count(DISTINCT durations) FROM usage_hourly WHERE hour IN (6, 7)"), 1, "with and without durations");
    sv_histogram_free(&durations);

    struct sv_store_agent agent = {.agent = SV_SLICE("a"), .session = SV_SLICE("s1"), .type = SV_SLICE("tool.call"), .tool = SV_SLICE("Bash"),
                                   .first_seen_ns = 100, .last_seen_ns = 200, .events = 3};
    ok(sv_store_begin(store, &err) && sv_store_agent_seen(store, &agent, &err), "an agent is seen");
    agent = (struct sv_store_agent){.agent = SV_SLICE("a"), .session = SV_SLICE("s0"), .type = SV_SLICE("turn.end"),
                                    .state = SV_AGENT_WAITING, .first_seen_ns = 50, .last_seen_ns = 150, .events = 1};
    ok(sv_store_agent_seen(store, &agent, &err) && sv_store_commit(store, &err), "again, earlier");
    is_int(ask(path, "SELECT count(*) FROM agents JOIN agent_names AS a ON a.id = agent_id JOIN session_names AS s ON s.id = session_id"
                     " JOIN tool_names AS t ON t.id = tool_id WHERE a.name = 'a' AND s.name = 's1' AND t.name = 'Bash' AND state = 0"
                     " AND first_seen = 50 AND last_seen = 200 AND events = 4"),
           1, "the newest state holds, whatever comes late; events add up");
    sv_store_close(store);
}

static void test_events(void)
{
    struct sv_error err;
    const char *path = in_home("events.db");
    struct sv_store *store = open_store(path, &err);
    struct sv_store_event event = {.record = 3, .part = 1, .time_ns = 9, .type = SV_SLICE("task.status"), .agent = SV_SLICE("a"),
                                   .entity_type = SV_SLICE("task"), .entity_id = SV_SLICE("T-1"), .priority = 0, .has_cost = true,
                                   .cost_usd = 0.25, .body = SV_SLICE("{\"type\":\"task.status\"}")};
    ok(sv_store_begin(store, &err) && sv_store_put_event(store, 1, 2, &event, &err), "an event goes in: %s", err.text);
    event.priority = -1;
    event.body = SV_SLICE("{}");
    ok(sv_store_put_event(store, 1, 2, &event, &err), "again");
    event.part = 2;
    ok(sv_store_put_event(store, 1, 2, &event, &err) && sv_store_commit(store, &err), "another part");
    is_int(ask(path, "SELECT count(*) FROM events"), 2, "one row an address");
    is_int(ask(path, "SELECT count(*) FROM events JOIN event_bodies ON event_bodies.event = events.id JOIN type_names AS t ON t.id = type"
                     " WHERE t.name = 'task.status' AND record = 3 AND part = 1 AND priority = 0 AND entity_id = 'T-1' AND cost_usd = 0.25"
                     " AND input_tokens IS NULL AND body = '{\"type\":\"task.status\"}' AND archived_at IS NULL AND run = 1"),
           1, "the first stayed as it was, its body beside it");
    sv_store_close(store);
}

/* More names than are remembered at once: each still has one integer. */
static bool writes(struct sv_store *store)
{
    struct sv_error err;
    return sv_store_begin(store, &err) && sv_store_commit(store, &err);
}

static void test_shared(void)
{
    struct sv_error err;
    const char *path = in_home("shared.db");
    struct sv_store *store = open_store(path, &err), *other = open_store(path, &err);
    ok(writes(store) && !sv_store_is_shared(store) && writes(store) && !sv_store_is_shared(store), "one who writes is alone");
    ok(writes(other) && writes(store) && sv_store_is_shared(store), "another has written in between");
    ok(writes(store) && !sv_store_is_shared(store), "and no more");
    sv_store_close(other);
    sv_store_close(store);
}

static void test_many_names(void)
{
    enum { NAMES = 20000 };
    struct sv_error err;
    const char *path = in_home("names.db");
    struct sv_store *store = open_store(path, &err);
    bool fine = sv_store_begin(store, &err);
    for (int round = 0; round < 2; round++)
        for (int i = 0; fine && i < NAMES; i++) {
            char name[32];
            int64_t id;
            snprintf(name, sizeof name, "session-%d", i);
            fine = sv_store_name(store, SV_NAME_SESSION, sv_slice_str(name), &id, &err) && id == i + 1;
        }
    ok(fine, "20,000 names keep their integers");
    int64_t id;
    ok(sv_store_name(store, SV_NAME_TOOL, sv_slice("a\0b", 3), &id, &err) && id == 1, "a NUL in a name is a byte");
    ok(sv_store_name(store, SV_NAME_TOOL, sv_slice("a", 1), &id, &err) && id == 2, "and not its end");
    ok(sv_store_commit(store, &err), "commits");
    is_int(ask(path, "SELECT count(*) FROM session_names"), NAMES, "none is there twice");
    sv_store_close(store);
}

/* Each statement goes by the index it names; none reads a whole table. */
static void test_plans(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("plans.db"), &err);
    for (size_t i = 0; i < SV_SQL_COUNT; i++) {
        const struct sv_statement_text *text = &sv_store_statements[i];
        char sql[2400];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text->sql);
        sqlite3_stmt *plan = NULL;
        bool found = text->index == NULL, scans = false;
        if (!ok(sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL) == SQLITE_OK, "\"%.60s\" is right: %s", text->sql,
                sqlite3_errmsg(store->db)))
            continue;
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);
            found = found || strstr(detail, text->index) != NULL;
            scans = scans || (strncmp(detail, "SCAN", 4) == 0 && strstr(detail, "CONSTANT ROW") == NULL && strstr(detail, "VIRTUAL TABLE") == NULL);
        }
        sqlite3_finalize(plan);
        ok(found && !scans, "and goes by its index");
    }
    /* What later readers ask, by the indexes that are there for it. */
    static const char *const asked[][2] = {
        {"SELECT * FROM supervisor_policy_evaluations WHERE supervisor_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_supervisor_created"},
        {"SELECT * FROM supervisor_policy_evaluations WHERE agent_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_agent"},
        {"SELECT * FROM supervisor_policy_evaluations WHERE policy_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_policy"},
        {"SELECT * FROM keyed_state WHERE signature = 1 AND due_at < 5 ORDER BY due_at", "idx_keyed_state_due"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", asked[i][0]);
        sqlite3_stmt *plan = NULL;
        sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL);
        bool found = sqlite3_step(plan) == SQLITE_ROW && strstr((const char *)sqlite3_column_text(plan, 3), asked[i][1]) != NULL;
        ok(found && sqlite3_step(plan) == SQLITE_DONE, "%s answers in order", asked[i][1]);
        sqlite3_finalize(plan);
    }
    sv_store_close(store);
}

static void test_speed(void)
{
    struct sv_error err;
    const char *path = in_home("speed.db");
    int64_t best = INT64_MAX;
    sv_store_close(open_store(path, &err));
    for (int i = 0; i < 50; i++) {
        int64_t start = sv_os_monotonic_ns();
        struct sv_store *store = open_store(path, &err);
        int64_t took = sv_os_monotonic_ns() - start;
        best = took < best ? took : best;
        sv_store_close(store);
    }
    printf("# opening takes %lld us\n", (long long)best / 1000);
    ok(best < 2000000, "opening takes less than 2 ms");
}

int main(void)
{
    home_make();
    test_new();
    test_rows();
    test_rollback();
    test_paths();
    test_sources();
    test_log_lock();
    test_doubles();
    test_usage();
    test_events();
    test_shared();
    test_many_names();
    test_plans();
    test_speed();
    return done();
}
