/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "event/event.h"
#include "run/ledger.h"
#include "tap.h"

static void see(struct sv_ledger *ledger, const char *agent, struct sv_slice model)
{
    struct sv_schema *schema = sv_schema_new();
    struct sv_arena arena = {0};
    struct sv_event event = {.arena = &arena};
    sv_event_clear(&event, schema);
    event.slots[SV_F_AGENT] = sv_value_str(sv_slice_str(agent));
    event.slots[SV_F_MODEL] = sv_value_str(model);
    event.slots[SV_F_INPUT_TOKENS] = sv_value_int(2);
    sv_ledger_event(ledger, &event);
    sv_event_free(&event);
    sv_arena_free(&arena);
    sv_schema_free(schema);
}

static bool says(const struct sv_ledger *ledger, const char *part, bool as_json)
{
    struct sv_buf text = {0};
    if (as_json)
        sv_ledger_put_json(&text, ledger, NULL);
    else
        sv_ledger_put_text(&text, ledger);
    bool found = strstr(sv_buf_cstr(&text), part) != NULL;
    sv_buf_free(&text);
    return found;
}

static void test_models(void)
{
    struct sv_ledger ledger = {0};
    char name[32];
    for (unsigned i = 1; i <= SV_LEDGER_MODELS_MAX - 1; i++) {
        snprintf(name, sizeof name, "model-%u", i);
        see(&ledger, "a", sv_slice_str(name));
    }
    is_int((int64_t)ledger.unpriced.count, SV_LEDGER_MODELS_MAX - 1, "each model without a price has its name");
    see(&ledger, "a", SV_SLICE("the last"));
    ok(says(&ledger, "\"the last\":2", true) && !says(&ledger, "(others)", true), "as many as there may be");
    see(&ledger, "a", SV_SLICE("one more"));
    see(&ledger, "a", SV_SLICE("yet one"));
    see(&ledger, "a", SV_SLICE("the last"));
    ok(says(&ledger, "\"the last\":4", true) && says(&ledger, "\"(others)\":4", true) && !says(&ledger, "one more", true),
       "the tokens of more are counted together");
    is_int(ledger.input_tokens, 2 * (SV_LEDGER_MODELS_MAX + 3), "and no token is lost");
    sv_ledger_free(&ledger);
}

static void test_long_names(void)
{
    struct sv_ledger ledger = {0};
    static char name[100000];
    memset(name, 'm', sizeof name);
    see(&ledger, "a", sv_slice(name, sizeof name));
    memcpy(name + 255, "\xC3\xA4", 2);
    see(&ledger, "a", sv_slice(name, sizeof name));
    is_int((int64_t)ledger.unpriced.count, 2, "two names");
    is_int((int64_t)ledger.unpriced.items[0].key.len, 256, "a long name is cut");
    is_int((int64_t)ledger.unpriced.items[1].key.len, 255, "between characters");
    sv_ledger_free(&ledger);
}

static void test_agents(void)
{
    struct sv_ledger ledger = {0};
    char name[32];
    for (unsigned i = 1; i <= SV_LEDGER_AGENTS_MAX + 1; i++) {
        snprintf(name, sizeof name, "agent-%u", i);
        see(&ledger, name, SV_SLICE("m"));
        if (i + 1 >= SV_LEDGER_AGENTS_MAX)
            is_int((int64_t)ledger.agents.count, i < SV_LEDGER_AGENTS_MAX ? i : SV_LEDGER_AGENTS_MAX, "agents after %u", i);
    }
    sv_ledger_free(&ledger);
}

static void test_log(void)
{
    struct sv_ledger ledger = {.log_bytes = UINT64_C(256) << 20};
    ok(!says(&ledger, "warning", false), "a log of 256 MiB is none to speak of");
    ledger.log_bytes += 1;
    ok(says(&ledger, "\nwarning: the store's write-ahead log has 256 MiB; ", false), "one byte more is told");
    ok(says(&ledger, "\"log_bytes\":268435457", true), "and stored");
    sv_ledger_free(&ledger);
}

int main(void)
{
    test_models();
    test_long_names();
    test_agents();
    test_log();
    return done();
}
