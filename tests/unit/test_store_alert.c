/* SPDX-License-Identifier: ISC */
/* Groups, alerts, silences; and the outbox: what was put in is claimed by one at a time, and nothing of it is lost. */
#include "store/alert.h"
#include "store/outbox.h"
#include "store/find.h"
#include "store_help.h"

#define S(text) SV_SLICE(text)

static struct sv_store_notice notice_of(const char *key, const char *receiver, int64_t next_ns)
{
    return (struct sv_store_notice){.notification = sv_slice_str(key), .group = key[2] == '1' ? 9 : 7, .receiver = sv_slice_str(receiver),
                                    .kind = SV_NOTICE_ESCALATED, .level = 2, .payload = S("{\"a\":1}"), .created_ns = 5, .next_try_ns = next_ns};
}

static bool put(struct sv_store *store, const char *key, const char *receiver, int64_t next_ns, struct sv_error *err)
{
    bool added = false;
    struct sv_store_notice notice = notice_of(key, receiver, next_ns);
    return sv_store_outbox_add(store, &notice, &added, err) && added;
}

static size_t claim(struct sv_store *store, const char *receiver, int64_t now_ns, const char *owner, struct sv_store_notices *out,
                    struct sv_error *err)
{
    sv_store_notices_free(out);
    bool fine = sv_store_begin(store, err) &&
                sv_store_outbox_claim(store, sv_slice_str(receiver), now_ns, now_ns + 30, sv_slice_str(owner), 10, out, err) &&
                sv_store_commit(store, err);
    return fine ? out->count : 999;
}

static void test_outbox(void)
{
    struct sv_error err = {0};
    struct sv_store *store = open_store(in_home("outbox.db"), &err);
    struct sv_store_notices notices = {0};
    struct sv_buf name = {0};
    int64_t due_ns = 0;
    bool added = true, ours = true;
    ok(sv_store_outbox_receiver(store, S(""), &name, &due_ns, &err) && name.len == 0, "an empty outbox has nothing for anybody");
    sv_store_begin(store, &err);
    ok(put(store, "g-1", "ops", 100, &err) && put(store, "g-2", "ops", 50, &err) && put(store, "g-3", "mail", 70, &err), "three: %s", err.text);
    struct sv_store_notice again = notice_of("g-1", "ops", 1);
    ok(sv_store_outbox_add(store, &again, &added, &err) && !added, "one whose key is there is there once");
    sv_store_commit(store, &err);
    ok(sv_store_outbox_receiver(store, S(""), &name, &due_ns, &err) && sv_slice_is(sv_buf_slice(&name), "mail") && due_ns == 70, "who, and when");
    ok(sv_store_outbox_receiver(store, sv_buf_slice(&name), &name, &due_ns, &err) && sv_slice_is(sv_buf_slice(&name), "ops") && due_ns == 50,
       "from one to the next");
    ok(sv_store_outbox_receiver(store, sv_buf_slice(&name), &name, &due_ns, &err) && name.len == 0, "to the end");
    is_int(claim(store, "ops", 49, "a", &notices, &err), 0, "nothing before its time");
    is_int(claim(store, "ops", 60, "a", &notices, &err), 1, "what is due");
    const struct sv_store_notice *it = notices.items;
    ok(it->attempts == 1 && it->next_try_ns == 90 && sv_slice_is(it->lease, "a") && it->kind == SV_NOTICE_ESCALATED && it->level == 2 &&
           it->group == 7 && sv_slice_is(it->payload, "{\"a\":1}") && sv_slice_is(it->notification, "g-2") && it->created_ns == 5,
       "as it was put");
    int64_t id = it->id;
    is_int(claim(store, "ops", 89, "b", &notices, &err), 0, "nobody else gets it while the lease holds");
    is_int(claim(store, "ops", 90, "b", &notices, &err), 1, "who comes behind its end does");
    sv_store_begin(store, &err);
    ok(sv_store_outbox_finish(store, id, S("a"), SV_OUTBOX_SENT, 91, S("ok"), &ours, &err) && !ours, "whose lease is over has no say");
    ok(sv_store_outbox_retry(store, id, S("b"), 500, S("exit 1"), &ours, &err) && ours, "whose it is puts it off");
    struct sv_store_delivery delivery = {.notice = id, .attempt = 2, .receiver = S("ops"), .started_ns = 90, .ended_ns = 91,
                                         .outcome = SV_DELIVERY_FAILED, .status = 1, .answer = S("exit 1")};
    ok(sv_store_delivery_add(store, &delivery, &err), "the try is noted");
    sv_store_commit(store, &err);
    is_int(claim(store, "ops", 499, "c", &notices, &err), 1, "the other one is due meanwhile");
    is_int(claim(store, "ops", 500, "d", &notices, &err), 1, "and the first again");
    ok(notices.items[0].id == id && notices.items[0].attempts == 3 && sv_slice_is(notices.items[0].answer, "exit 1"), "with what came of it so far");
    sv_store_begin(store, &err);
    ok(sv_store_outbox_finish(store, id, S("d"), SV_OUTBOX_SENT, 501, S("ok"), &ours, &err) && ours, "it is sent");
    ok(sv_store_outbox_finish(store, id, S("d"), SV_OUTBOX_SENT, 502, S("ok"), &ours, &err) && !ours, "once");
    ok(put(store, "g-4", "ops", 600, &err) && put(store, "g-5", "ops", 500, &err), "two more of its group");
    sv_store_commit(store, &err);
    is_int(claim(store, "ops", 550, "e", &notices, &err), 1, "and never due again; what is due and comes behind waits for what does not");
    is_int(claim(store, "ops", 600, "f", &notices, &err), 2, "then it goes, too");
    ok(sv_slice_is(notices.items[1].notification, "g-4"), "in its turn");
    sv_store_notices_free(&notices);
    ok(sv_store_outbox_list(store, 7, INT64_MAX, 2, &notices, &err) && notices.count == 2, "the newest of a group");
    ok(sv_store_outbox_list(store, 0, notices.items[1].id, 10, &notices, &err) && notices.count == 5, "and those before");
    ok(sv_store_outbox_list(store, 8, INT64_MAX, 2, &notices, &err) && notices.count == 5, "none of another");
    struct sv_store_deliveries deliveries = {0};
    ok(sv_store_deliveries(store, id, INT64_MAX, 10, &deliveries, &err) && deliveries.count == 1 && deliveries.items[0].status == 1 &&
           sv_slice_is(deliveries.items[0].notification, "g-2") && deliveries.items[0].group == 7 && deliveries.items[0].level == 2,
       "its tries");
    ok(sv_store_deliveries(store, 0, INT64_MAX, 10, &deliveries, &err) && deliveries.count == 2, "and all");
    sv_store_deliveries_free(&deliveries);
    sv_store_notices_free(&notices);
    sv_buf_free(&name);
    sv_store_close(store);
}

static void test_groups(void)
{
    struct sv_error err = {0};
    struct sv_store *store = open_store(in_home("groups.db"), &err);
    struct sv_store_groups groups = {0};
    struct sv_store_alerts alerts = {0};
    bool added = false;
    struct sv_store_group group = {.id = 42, .key = "0123456789abcde", .route = S("0"), .labels = S("{}"), .receiver = S("ops"), .team = S("pay"),
                                   .agent = S("claude:shop"), .policy = S("force-push"), .severity = SV_CRITICAL, .begun_ns = 1000};
    sv_store_begin(store, &err);
    ok(sv_store_group_add(store, &group, &added, &err) && added, "a group: %s", err.text);
    ok(sv_store_group_add(store, &group, &added, &err) && !added, "of an id once");
    group.state = 1, group.changed_ns = 1010, group.told_ns = 1005, group.due_ns = 2000, group.firing = 2, group.alerts = 3;
    group.evaluations = 9, group.old = 1, group.notices = 4, group.level = 1, group.message = S("it burns");
    ok(sv_store_group_set(store, &group, &err), "as it goes on");
    group.message = S("");
    ok(sv_store_group_set(store, &group, &err), "without another message");
    group.acked_by = S("ann"), group.acked_ns = 1020, group.acked_until_ns = INT64_MAX;
    ok(sv_store_group_ack(store, &group, &err), "somebody takes it on");
    struct sv_store_alert alert = {.group = 42, .alert = S("force-push[x]"), .severity = SV_CRITICAL, .agent = S("claude:shop"), .started_ns = 1000,
                                   .inhibits = true, .body = S("{\"a\":1}")};
    ok(sv_store_alert_add(store, &alert, &err) && alert.id > 0, "an alert of it");
    sv_store_commit(store, &err);
    ok(sv_store_groups_by_id(store, 40, 49, &groups, &err) && groups.count == 1, "found by its id");
    const struct sv_store_group *it = groups.items;
    ok(it->state == 1 && it->told_ns == 1005 && it->due_ns == 2000 && it->firing == 2 && it->alerts == 3 && it->evaluations == 9 && it->old == 1 &&
           it->notices == 4 && it->level == 1 && it->resolved_ns == 0 && it->acked_until_ns == INT64_MAX && it->acked_ns == 1020,
       "with its numbers");
    ok(sv_slice_is(it->message, "it burns") && sv_slice_is(it->agent, "claude:shop") && sv_slice_is(it->acked_by, "ann") &&
           memcmp(it->key, group.key, SV_STATE_KEY) == 0 && sv_slice_is(it->supervisor, "-"),
       "and texts");
    ok(sv_store_alerts_inhibiting(store, &alerts, &err) && alerts.count == 1 && sv_slice_is(alerts.items[0].body, "{\"a\":1}"), "what keeps others quiet");
    sv_store_begin(store, &err);
    ok(sv_store_alert_end(store, alert.id, 3000, 5, S("{\"a\":2}"), &err) && sv_store_group_end(store, 42, 3000, &err), "all is over");
    sv_store_commit(store, &err);
    ok(sv_store_alerts_inhibiting(store, &alerts, &err) && alerts.count == 1, "and keeps nobody quiet");
    ok(sv_store_alerts(store, 42, 0, 10, &alerts, &err) && alerts.count == 2 && alerts.items[1].resolved_ns == 3000 && alerts.items[1].evaluations == 5,
       "what it was stays");
    ok(sv_store_groups(store, 0, INT64_MAX, INT64_MIN, 10, &groups, &err) && groups.count == 2 && groups.items[1].state == 3 &&
           groups.items[1].resolved_ns == 3000 && groups.items[1].due_ns == INT64_MAX,
       "the group, too");
    ok(sv_store_groups(store, 0, 1000, 42, 10, &groups, &err) && groups.count == 2, "none before it");
    ok(sv_store_groups(store, 1001, INT64_MAX, INT64_MIN, 10, &groups, &err) && groups.count == 2, "none since then");
    sv_store_alerts_free(&alerts);
    sv_store_groups_free(&groups);
    sv_store_close(store);
}

static void test_silences(void)
{
    struct sv_error err = {0};
    struct sv_store *store = open_store(in_home("silences.db"), &err);
    struct sv_store_silences silences = {0};
    bool was = false;
    struct sv_store_silence silence = {.id = 5, .matcher = S("true"), .author = S("ann"), .comment = S("work"), .created_ns = 1, .starts_ns = 10,
                                       .ends_ns = 20};
    sv_store_begin(store, &err);
    ok(sv_store_silence_add(store, &silence, &was, &err) && was, "a silence: %s", err.text);
    ok(sv_store_silence_add(store, &silence, &was, &err) && !was, "of an id once");
    sv_store_commit(store, &err);
    ok(sv_store_silences(store, 19, &silences, &err) && silences.count == 1 && sv_slice_is(silences.items[0].comment, "work"), "holds until its end");
    ok(sv_store_silences(store, 20, &silences, &err) && silences.count == 1, "and no longer");
    sv_store_begin(store, &err);
    ok(sv_store_silence_end(store, 5, 15, &was, &err) && was, "it is ended early");
    ok(sv_store_silence_end(store, 5, 16, &was, &err) && !was, "once");
    sv_store_commit(store, &err);
    ok(sv_store_silences_by_id(store, 0, 100, &silences, &err) && silences.count == 2 && silences.items[1].ends_ns == 15, "when");
    sv_store_silences_free(&silences);
    sv_store_close(store);
}

static void test_cursor(void)
{
    struct sv_error err = {0};
    const char *path = in_home("cursor.db");
    struct sv_store *store = open_store(path, &err);
    struct sv_store_finding_rows rows = {0};
    struct sv_buf keys = {0};
    int64_t at = -1, run, last;
    ok(sv_store_cursor(store, S("alerts"), &at, &err) && at == 0, "who has read nothing stands before all");
    sv_store_begin(store, &err);
    ok(sv_store_cursor_set(store, S("alerts"), 5, &err) && sv_store_cursor_set(store, S("alerts"), 7, &err), "he goes on");
    ok(sv_store_state_put(store, SV_ALERT_STATES, (const unsigned char *)"0123456789abcdef", 0, 30, 1, S("x"), &err) &&
           sv_store_state_put(store, SV_ALERT_STATES, (const unsigned char *)"fedcba9876543210", 0, 20, 1, S("y"), &err) &&
           sv_store_state_put(store, 1, (const unsigned char *)"zzzzzzzzzzzzzzzz", 0, 10, 1, S("z"), &err),
       "what is due");
    run = sv_store_run_start(store, S(""), 1, &err);
    sv_store_commit(store, &err);
    ok(sv_store_cursor(store, S("alerts"), &at, &err) && at == 7, "and is found there");
    ok(sv_store_states_due(store, SV_ALERT_STATES, 30, 10, &keys, &err) && keys.len == 32 && memcmp(keys.data, "fedcba98", 8) == 0, "the earliest first");
    sv_buf_clear(&keys);
    ok(sv_store_states_due(store, SV_ALERT_STATES, 29, 10, &keys, &err) && keys.len == 16, "and no others");
    ok(put_batch(store, run, 0, 1, 11, &err), "evaluations: %s", err.text);
    ok(sv_store_found_behind(store, 0, 4, &rows, &err) && rows.count == 4, "are read in their order");
    last = rows.items[3].id;
    ok(sv_store_found_behind(store, last, 100, &rows, &err) && rows.count == 6 && rows.items[0].id > last, "from one on");
    sv_store_finding_rows_free(&rows);
    sv_buf_free(&keys);
    sv_store_close(store);
}

int main(void)
{
    home_make();
    test_outbox();
    test_groups();
    test_silences();
    test_cursor();
    return done();
}
