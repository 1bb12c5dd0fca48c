/* SPDX-License-Identifier: ISC */
#include "run/ledger.h"

#include "base/limits.h"
#include "json/writer.h"
#include "policy/policy.h"
#include "report/table.h"

enum { NAME_BYTES = 256 };
#define LOG_BYTES_MAX (UINT64_C(256) << 20) /* a write-ahead log beyond this is worth a warning */

static int64_t number(const struct sv_event *event, enum sv_field field)
{
    int64_t value = event->slots[field].type == SV_INT ? event->slots[field].i : 0;
    return value > 0 ? value : 0;
}

static void add(int64_t *sum, int64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum))
        *sum = INT64_MAX;
}

/* Of a name from the input as much as a ledger keeps, whole characters. */
static struct sv_slice cut(struct sv_slice name)
{
    if (name.len <= NAME_BYTES)
        return name;
    for (name.len = NAME_BYTES; name.len > 0 && ((unsigned char)name.data[name.len] & 0xC0) == 0x80;)
        name.len--;
    return name;
}

static void add_agent(struct sv_ledger *ledger, struct sv_slice agent)
{
    agent = cut(agent);
    sv_ends ends = sv_ends_of(agent);
    struct sv_ledger_recent *recent = &ledger->recent[sv_ends_hash(ends) % (sizeof ledger->recent / sizeof *ledger->recent)];
    if (recent->name.data != NULL && sv_ends_same(recent->ends, recent->name, ends, agent))
        return;
    const struct sv_map_item *item = ledger->agents.count < SV_LEDGER_AGENTS_MAX ? sv_map_at(&ledger->agents, agent)
                                                                                 : sv_map_find(&ledger->agents, agent);
    if (item != NULL)
        *recent = (struct sv_ledger_recent){ends, item->key};
}

static void add_unpriced(struct sv_ledger *ledger, struct sv_slice model, uint64_t tokens)
{
    model = cut(model);
    if (ledger->unpriced.count >= SV_LEDGER_MODELS_MAX && sv_map_find(&ledger->unpriced, model) == NULL)
        model = SV_SLICE("(others)");
    sv_map_at(&ledger->unpriced, model)->number += tokens;
}

void sv_ledger_event(struct sv_ledger *ledger, struct sv_event *event)
{
    if (event->slots[SV_F_AGENT].type == SV_STRING)
        add_agent(ledger, sv_event_text(event, SV_F_AGENT));
    int64_t input = number(event, SV_F_INPUT_TOKENS), output = number(event, SV_F_OUTPUT_TOKENS);
    if (event->slots[SV_F_COST_USD].type == SV_DOUBLE)
        ledger->cost_usd += event->slots[SV_F_COST_USD].d;
    else if ((input > 0 || output > 0) && event->slots[SV_F_COST_FROM].type == SV_ABSENT) /* else another event has it */
        add_unpriced(ledger, event->slots[SV_F_MODEL].type == SV_STRING ? sv_event_text(event, SV_F_MODEL) : SV_SLICE("-"),
                     (uint64_t)input + (uint64_t)output);
    add(&ledger->input_tokens, input);
    add(&ledger->output_tokens, output);
}

void sv_ledger_sums(struct sv_ledger *ledger, struct sv_slice agent, int64_t input_tokens, int64_t output_tokens, double cost_usd)
{
    if (agent.data != NULL)
        add_agent(ledger, agent);
    ledger->cost_usd += cost_usd;
    add(&ledger->input_tokens, input_tokens);
    add(&ledger->output_tokens, output_tokens);
}

static void put_count(struct sv_buf *out, const char *key, uint64_t value)
{
    sv_json_put_key(out, key);
    sv_buf_uint(out, value);
}

static void put_map(struct sv_buf *out, const char *key, const struct sv_map *map, struct sv_redactor *redactor)
{
    if (map->count == 0)
        return;
    sv_json_put_key(out, key);
    sv_buf_char(out, '{');
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        sv_redact_value(redactor, out, SV_SLICE(""), sv_value_str(map->items[i].key));
        sv_buf_char(out, ':');
        sv_buf_uint(out, map->items[i].number);
    }
    sv_buf_char(out, '}');
}

/* What a policy with states has counted. */
static void put_states(struct sv_buf *out, const struct sv_policy *policy)
{
    const struct {
        const char *key;
        uint64_t value;
    } all[] = {{"late", policy->late}, {"no_clock", policy->no_clock}, {"keyless", policy->keyless}, {"suppressed", policy->suppressed},
               {"full", policy->full}, {"evicted", policy->evicted}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value > 0)
            put_count(out, all[i].key, all[i].value);
}

/* policy NULL: one that is no longer in force. */
static void put_policy(struct sv_buf *out, struct sv_slice id, uint64_t hits, uint64_t errors, const struct sv_policy *policy)
{
    uint64_t others = policy != NULL ? policy->late + policy->no_clock + policy->keyless + policy->suppressed + policy->full + policy->evicted : 0;
    if (hits + errors + others == 0)
        return;
    if (out->data[out->len - 1] != '{')
        sv_buf_char(out, ',');
    sv_json_put_string(out, id);
    sv_buf_str(out, ":{");
    put_count(out, "violations", hits);
    put_count(out, "errors", errors);
    if (policy != NULL)
        put_states(out, policy);
    sv_buf_char(out, '}');
}

static void put_policies(struct sv_buf *out, const struct sv_ledger *ledger, struct sv_policies *set)
{
    sv_json_put_key(out, "policies");
    sv_buf_char(out, '{');
    for (size_t i = 0; i < sv_policies_count(set); i++) {
        const struct sv_policy *policy = sv_policies_at(set, i);
        put_policy(out, policy->id, policy->hits, policy->errors, policy);
    }
    for (size_t i = 0; i < ledger->retired.count; i++)
        put_policy(out, ledger->retired.items[i].key, ledger->retired.items[i].number, ledger->retired_errors.items[i].number, NULL);
    sv_buf_char(out, '}');
}

void sv_ledger_policies(struct sv_ledger *ledger, struct sv_policies *set)
{
    ledger->late = ledger->retired_late;
    ledger->keyless = ledger->retired_keyless;
    ledger->suppressed = ledger->retired_suppressed;
    ledger->full = ledger->retired_full;
    ledger->evicted = ledger->retired_evicted;
    for (size_t i = 0; i < sv_policies_count(set); i++) {
        const struct sv_policy *policy = sv_policies_at(set, i);
        ledger->late += policy->late;
        ledger->keyless += policy->keyless;
        ledger->suppressed += policy->suppressed;
        ledger->full += policy->full;
        ledger->evicted += policy->evicted;
    }
}

/* Both maps get the same ids in the same order. */
void sv_ledger_change_policies(struct sv_ledger *ledger, struct sv_policies *from, struct sv_policies *to)
{
    sv_ledger_policies(ledger, from);
    ledger->retired_late = ledger->late;
    ledger->retired_keyless = ledger->keyless;
    ledger->retired_suppressed = ledger->suppressed;
    ledger->retired_full = ledger->full;
    ledger->retired_evicted = ledger->evicted;
    for (size_t i = 0; i < sv_policies_count(from); i++) {
        const struct sv_policy *policy = sv_policies_at(from, i);
        if (policy->hits + policy->errors > 0) {
            sv_map_at(&ledger->retired, policy->id)->number += policy->hits;
            sv_map_at(&ledger->retired_errors, policy->id)->number += policy->errors;
        }
    }
    for (size_t i = 0; i < sv_policies_count(to); i++) {
        struct sv_policy *policy = sv_policies_at(to, i);
        if (sv_map_find(&ledger->retired, policy->id) == NULL)
            continue;
        uint64_t *hits = &sv_map_at(&ledger->retired, policy->id)->number;
        uint64_t *errors = &sv_map_at(&ledger->retired_errors, policy->id)->number;
        policy->hits += *hits;
        policy->errors += *errors;
        *hits = *errors = 0;
    }
}

/* The plain counts, in the order in which both forms show them. */
static const struct {
    const char *key, *text;
    size_t at;
    bool always;
} counts[] = {
#define C(field, text, always) {#field, text, offsetof(struct sv_ledger, field), always}
    C(records, "records", true),
    C(blank, "blank", false),
    C(rejected, "rejected", false),
    C(used, "used", false),
    C(events, "events", true),
    C(judged, "judged", false),
    C(duplicate, "duplicate", false),
    C(outside, "outside -S/-U", false),
    C(violations, "violations", true),
    C(resolved, "resolved", false),
    C(errors, "errors", false),
    C(late, "late", false),
    C(no_clock, "without time", false),
    C(bad_time, "unreadable time", false),
    C(ahead, "ahead of the clock", false),
    C(absent, "absent", false),
    C(keyless, "keyless", false),
    C(odd, "fields of an odd type", false),
    C(suppressed, "suppressed", false),
    C(full, "over max_keys", false),
    C(evicted, "partial matches let go", false),
    C(files, "files", false),
    C(unreadable, "unreadable files", false),
    C(gaps, "gaps", false),
    C(gone, "files gone", false),
    C(busy, "logs left to others", false),
    C(bytes, "bytes", false),
    C(rows, "rows stored", false),
    C(recorded, "events stored", false),
    C(sampled, "left out by sampling", false),
    C(debounced, "left out as alike", false),
#undef C
};

static uint64_t count_at(const struct sv_ledger *ledger, size_t i)
{
    uint64_t value;
    memcpy(&value, (const char *)ledger + counts[i].at, sizeof value);
    return value;
}

static void put_cache(struct sv_buf *out, const char *key, const struct sv_ledger_cache *cache)
{
    sv_json_put_key(out, key);
    sv_buf_char(out, '{');
    put_count(out, "hits", cache->hits);
    put_count(out, "misses", cache->misses);
    sv_buf_char(out, '}');
}

static void put_caches(struct sv_buf *out, const struct sv_ledger *ledger)
{
    sv_json_put_key(out, "caches");
    sv_buf_char(out, '{');
    put_cache(out, "rosters", &ledger->roster_cache);
    put_cache(out, "statements", &ledger->statement_cache);
    put_cache(out, "policies", &ledger->policy_cache);
    put_count(out, "bytes", ledger->cache_bytes);
    sv_buf_char(out, '}');
}

void sv_ledger_put_json(struct sv_buf *out, const struct sv_ledger *ledger, struct sv_policies *set)
{
    sv_buf_char(out, '{');
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        put_count(out, counts[i].key, count_at(ledger, i));
    put_count(out, "log_bytes", ledger->log_bytes);
    put_count(out, "agents", ledger->agents.count);
    put_count(out, "input_tokens", (uint64_t)ledger->input_tokens);
    put_count(out, "output_tokens", (uint64_t)ledger->output_tokens);
    sv_json_put_key(out, "cost_usd");
    sv_json_put_value(out, sv_value_double(ledger->cost_usd));
    put_map(out, "unpriced", &ledger->unpriced, ledger->redactor);
    put_map(out, "formats", &ledger->formats, NULL);
    put_count(out, "roster", (uint64_t)ledger->roster);
    put_caches(out, ledger);
    put_count(out, "elapsed_ms", (uint64_t)(ledger->elapsed_ns / 1000000));
    if (set != NULL)
        put_policies(out, ledger, set);
    sv_buf_char(out, '}');
}

void sv_ledger_put_text(struct sv_buf *out, const struct sv_ledger *ledger)
{
    const char *between = "";
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint64_t value = count_at(ledger, i);
        if (value == 0 && !counts[i].always)
            continue;
        sv_buf_str(out, between);
        sv_text_count(out, value);
        sv_buf_char(out, ' ');
        sv_buf_str(out, counts[i].text);
        between = ", ";
    }
    if (ledger->elapsed_ns > 0) {
        double seconds = (double)ledger->elapsed_ns / 1e9;
        sv_buf_printf(out, " in %.2f s (%.1f MB/s)", seconds, (double)ledger->bytes / 1e6 / seconds);
    }
    sv_buf_char(out, '\n');
    for (size_t i = 0; i < ledger->formats.count; i++)
        sv_buf_printf(out, "%s%.*s: %llu", i == 0 ? "formats: " : ", ", SV_ARG(ledger->formats.items[i].key),
                      (unsigned long long)ledger->formats.items[i].number);
    if (ledger->formats.count > 0)
        sv_buf_char(out, '\n');
    struct sv_buf model = {0};
    for (size_t i = 0; i < ledger->unpriced.count; i++) {
        sv_buf_str(out, i == 0 ? "unpriced: " : ", ");
        sv_buf_clear(&model);
        sv_redact_text(ledger->redactor, &model, ledger->unpriced.items[i].key);
        sv_text_safe(out, sv_buf_slice(&model));
        sv_buf_char(out, ' ');
        sv_text_count(out, ledger->unpriced.items[i].number);
        sv_buf_str(out, " tokens");
    }
    sv_buf_free(&model);
    if (ledger->unpriced.count > 0)
        sv_buf_char(out, '\n');
    if (ledger->log_bytes > LOG_BYTES_MAX)
        sv_buf_printf(out, "warning: the store's write-ahead log has %llu MiB; who reads the store without an end keeps it from being cut\n",
                      (unsigned long long)(ledger->log_bytes >> 20));
}

void sv_ledger_free(struct sv_ledger *ledger)
{
    sv_map_free(&ledger->agents);
    sv_map_free(&ledger->unpriced);
    sv_map_free(&ledger->formats);
    sv_map_free(&ledger->retired);
    sv_map_free(&ledger->retired_errors);
}
