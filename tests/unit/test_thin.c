/* SPDX-License-Identifier: ISC */
/* What is not stored: the same on every run, never what tells of a session. */
#include "run/thin.h"

#include <stdio.h>

#include "base/time.h"
#include "tap.h"

static struct sv_schema *schema;
static struct sv_event event;
static struct sv_arena arena;

static enum sv_thin_verdict judge(struct sv_thin *thin, const char *type, const char *id, const char *call, int64_t ms)
{
    sv_event_clear(&event, schema);
    event.slots[SV_F_TYPE] = sv_value_str(sv_slice_str(type));
    event.slots[SV_F_ID] = sv_value_str(sv_slice_str(id));
    if (call != NULL)
        event.slots[SV_F_CALL_ID] = sv_value_str(sv_slice_str(call));
    event.has_time = ms >= 0;
    event.time_ns = ms * 1000000;
    return sv_thin_event(thin, &event);
}

static void test_samples(void)
{
    struct sv_thin thin = {0}, again = {0};
    struct sv_error err = {0};
    int kept = 0, same = 0, together = 0;
    char id[16], call[16];
    ok(sv_thin_sample(&thin, "metric*=0.1", &err) && sv_thin_sample(&thin, "metric.loud=0", &err) &&
           sv_thin_sample(&thin, "tool.*=0.5", &err), "shares of types");
    ok(sv_thin_sample(&again, "metric=0.1", &err), "and once more");
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        snprintf(call, sizeof call, "call-%d", i);
        enum sv_thin_verdict verdict = judge(&thin, "metric", id, NULL, i);
        kept += verdict == SV_THIN_KEEP;
        same += verdict == judge(&again, "metric", id, NULL, -1);
        together += judge(&thin, "tool.call", id, call, i) == judge(&thin, "tool.result", "other", call, i);
    }
    ok(kept > 900 && kept < 1100, "a tenth is kept");
    is_int(same, 10000, "the same tenth, whoever asks and when");
    is_int(together, 10000, "a call and its result stay together");
    is_int(judge(&thin, "metric.loud", "x", NULL, 1), SV_THIN_SAMPLED, "the last that fits counts");
    is_int(judge(&thin, "task.status", "x", NULL, 1), SV_THIN_KEEP, "other types are all kept");
    const char *const wrong[] = {"metric", "=0.5", "metric=", "metric=2", "metric=-0.1", "metric=x", "metric=nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err = (struct sv_error){0};
        ok(!sv_thin_sample(&thin, wrong[i], &err) && err.code == SV_USAGE, "no rule: %s", wrong[i]);
    }
    sv_thin_free(&thin);
    sv_thin_free(&again);
}

static void test_debounce(void)
{
    struct sv_thin thin = {.debounce_ns = 5 * SV_SECOND_NS};
    is_int(judge(&thin, "progress", "1", NULL, 1000), SV_THIN_KEEP, "the first");
    is_int(judge(&thin, "progress", "2", NULL, 5999), SV_THIN_DEBOUNCED, "one within five seconds of it");
    is_int(judge(&thin, "heartbeat", "3", NULL, 5999), SV_THIN_KEEP, "one of another type");
    is_int(judge(&thin, "progress", "4", NULL, 6000), SV_THIN_KEEP, "one five seconds behind the one that was kept");
    is_int(judge(&thin, "progress", "5", NULL, 6001), SV_THIN_DEBOUNCED, "which begins a new span");
    is_int(judge(&thin, "progress", "6", NULL, -1), SV_THIN_KEEP, "one without a time");
    const char *const essential[] = {"tool.call", "llm.call", "message.user", "session.end", "turn.end", "decision", "evaluation", "alert"};
    for (size_t i = 0; i < sizeof essential / sizeof *essential; i++) {
        judge(&thin, essential[i], "7", NULL, 1000);
        is_int(judge(&thin, essential[i], "8", NULL, 1001), SV_THIN_KEEP, "%s is always kept", essential[i]);
    }
    char type[16];
    for (int i = 0; i < 200000; i++) {
        snprintf(type, sizeof type, "t%d", i);
        judge(&thin, type, "9", NULL, 1000);
    }
    ok(thin.last.count <= 65536, "memory has a bound");
    sv_thin_free(&thin);
}

int main(void)
{
    schema = sv_schema_new();
    event = sv_event_new(schema);
    event.arena = &arena;
    test_samples();
    test_debounce();
    sv_event_free(&event);
    sv_schema_free(schema);
    sv_arena_free(&arena);
    return done();
}
