/* SPDX-License-Identifier: ISC */
/* Who does what, and when. */
#include "measure/fleet.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"
#include "measure/fleet_private.h"

enum {
    PIECE = 1 << 20,
    LATE_MAX_MS = 60000,
    SILENT_AFTER = 200, /* records, at most */
    STAY_MIN = 20,      /* records of one session behind each other */
    STAY_MORE = 60
};
#define START_NS INT64_C(1772323200000000000) /* 2026-03-01 */

static const struct sv_fleet_format *const formats[] = {&sv_fleet_format_sv, &sv_fleet_format_claude, &sv_fleet_format_codex,
                                                        &sv_fleet_format_csv, &sv_fleet_format_logfmt, &sv_fleet_format_claude_hook,
                                                        &sv_fleet_format_claude_stream, &sv_fleet_format_codex_exec, &sv_fleet_format_gemini};
enum { FORMATS = sizeof formats / sizeof *formats };

const char *sv_fleet_format_at(size_t index)
{
    return index < FORMATS ? formats[index]->name : NULL;
}

void sv_fleet_default(struct sv_fleet_spec *spec)
{
    *spec = (struct sv_fleet_spec){.errors = 35000, .loops = 5000, .risky = 3000, .seed = 1};
}

static const struct sv_fleet_format *find_format(struct sv_slice name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (sv_slice_is(name, formats[i]->name))
            return formats[i];
    return NULL;
}

static void complete(struct sv_fleet_spec *spec)
{
    if (spec->format.len == 0)
        spec->format = SV_SLICE("sv");
    if (spec->agents == 0)
        spec->agents = 100;
    if (spec->teams == 0)
        spec->teams = spec->agents < 10 ? spec->agents : 10;
    if (spec->supervisors == 0)
        spec->supervisors = 1;
    if (!(spec->rate > 0))
        spec->rate = 100;
    if (spec->start_ns == 0)
        spec->start_ns = START_NS;
}

static bool check(const struct sv_fleet_spec *spec, struct sv_error *err)
{
    if (spec->agents > SV_FLEET_AGENTS_MAX)
        return sv_error_set(err, SV_USAGE, "%u agents: at most %d", spec->agents, SV_FLEET_AGENTS_MAX);
    if (spec->teams > spec->agents)
        return sv_error_set(err, SV_USAGE, "%u teams of %u agents: a team has at least one", spec->teams, spec->agents);
    if (spec->supervisors > spec->teams)
        return sv_error_set(err, SV_USAGE, "%u supervisors of %u teams: a supervisor has at least one", spec->supervisors, spec->teams);
    if (spec->rate < 0.001 || spec->rate > 1e6)
        return sv_error_set(err, SV_USAGE, "a rate of %g: 0.001 to 1000000 records a second", spec->rate);
    return true;
}

static uint8_t name(char out[16], const char *prefix, uint32_t number, int width)
{
    return (uint8_t)snprintf(out, 16, "%s%0*u", prefix, width, number);
}

static int digits_of(uint32_t count)
{
    int digits = 1;
    for (count--; count >= 10; count /= 10)
        digits++;
    return digits < 2 ? 2 : digits;
}

static void make_agents(struct sv_fleet *fleet)
{
    const struct sv_fleet_spec *spec = &fleet->spec;
    fleet->agents = sv_calloc(spec->agents, sizeof *fleet->agents);
    for (uint32_t i = 0; i < spec->agents; i++) {
        struct sv_fleet_agent *agent = &fleet->agents[i];
        uint32_t team = (uint32_t)((uint64_t)i * spec->teams / spec->agents);
        agent->name_len = name(agent->name, "agent-", i, digits_of(spec->agents));
        agent->team_len = name(agent->team, "team-", team, digits_of(spec->teams));
        agent->supervisor_len = name(agent->supervisor, "sup-", (uint32_t)((uint64_t)team * spec->supervisors / spec->teams),
                                     digits_of(spec->supervisors));
        agent->session_len = (uint8_t)snprintf(agent->session, sizeof agent->session, "s-%08x", (uint32_t)sv_random_next(&fleet->random));
        agent->is_silent = sv_random_chance(&fleet->random, spec->silent);
        agent->left = 1 + sv_random_below(&fleet->random, SILENT_AFTER);
    }
}

struct sv_fleet *sv_fleet_new(const struct sv_fleet_spec *wanted, struct sv_error *err)
{
    struct sv_fleet_spec spec = *wanted;
    complete(&spec);
    const struct sv_fleet_format *format = find_format(spec.format);
    if (format == NULL) {
        sv_error_set(err, SV_USAGE, "no fleet can be made in the format \"%.*s\"", SV_ARG(spec.format));
        return NULL;
    }
    if (!check(&spec, err))
        return NULL;
    struct sv_fleet *fleet = sv_calloc(1, sizeof *fleet);
    fleet->spec = spec;
    fleet->format = format;
    fleet->now_ns = spec.start_ns;
    fleet->shown_second = INT64_MIN;
    sv_random_seed(&fleet->random, spec.seed);
    make_agents(fleet);
    for (int level = 0; level < SV_FLEET_LEVELS; level++)
        if (format->levels[level])
            sv_fleet_pool_make(&fleet->pools[level], (enum sv_fleet_level)level, spec.seed);
    return fleet;
}

void sv_fleet_free(struct sv_fleet *fleet)
{
    if (fleet == NULL)
        return;
    for (int level = 0; level < SV_FLEET_LEVELS; level++)
        sv_fleet_pool_free(&fleet->pools[level]);
    sv_free(fleet->agents);
    sv_free(fleet);
}

/* --- what is done --- */

static uint32_t below(struct sv_fleet *fleet, uint32_t n)
{
    return sv_random_below(&fleet->random, n);
}

static struct sv_fleet_words words(struct sv_fleet *fleet, uint32_t least, uint32_t most)
{
    uint32_t count = least + below(fleet, most - least + 1);
    return (struct sv_fleet_words){below(fleet, SV_FLEET_WORDS - SV_FLEET_TEXT_WORDS), count};
}

/* Mostly near `middle`, now and then far above it. */
static uint32_t spread(struct sv_fleet *fleet, uint32_t middle)
{
    uint64_t bits = sv_random_next(&fleet->random);
    uint32_t low = (uint32_t)(bits & 0xffff), high = (uint32_t)(bits >> 16 & 0xffff);
    uint64_t value = ((uint64_t)middle * (16384 + low) >> 16) * (32768 + high) >> 16;
    return (uint32_t)value * (bits >> 58 == 0 ? 12 : 1) + 1;
}

static void choose_call(struct sv_fleet *fleet, struct sv_fleet_agent *agent)
{
    struct sv_fleet_call *call = &agent->call;
    if (agent->calls > 0 && sv_random_chance(&fleet->random, fleet->spec.loops))
        return;
    uint32_t sum = 0, pick;
    for (size_t i = 0; i < sv_fleet_tool_count; i++)
        sum += sv_fleet_tools[i].weight;
    pick = below(fleet, sum);
    for (call->tool = 0; pick >= sv_fleet_tools[call->tool].weight; call->tool++)
        pick -= sv_fleet_tools[call->tool].weight;
    const struct sv_fleet_tool *tool = &sv_fleet_tools[call->tool];
    call->template = (uint8_t)(tool->first + below(fleet, tool->count));
    if (call->tool == SV_FLEET_SHELL && sv_random_chance(&fleet->random, fleet->spec.risky))
        call->template = (uint8_t)(sv_fleet_risky_first + below(fleet, sv_fleet_risky_count));
    call->seed = (uint32_t)sv_random_next(&fleet->random);
    call->words = words(fleet, 5, 30);
}

static enum sv_fleet_kind choose_kind(struct sv_fleet *fleet, const struct sv_fleet_agent *agent)
{
    uint32_t n = below(fleet, 100);
    if (agent->has_call && n < 92)
        return SV_FLEET_RESULT;
    n = below(fleet, 1000);
    return n < 440 && !agent->has_call ? SV_FLEET_CALL
           : n < 720                   ? SV_FLEET_LLM
           : n < 820                   ? SV_FLEET_MESSAGE
           : n < 910                   ? SV_FLEET_SAID
           : n < 992                   ? SV_FLEET_STATUS
                                       : SV_FLEET_ERROR;
}

static void act(struct sv_fleet *fleet, struct sv_fleet_record *record)
{
    struct sv_fleet_agent *agent = record->agent;
    record->kind = choose_kind(fleet, agent);
    switch (record->kind) {
    case SV_FLEET_CALL:
        choose_call(fleet, agent);
        agent->has_call = true;
        agent->calls++;
        record->text = words(fleet, 4, 18);
        break;
    case SV_FLEET_RESULT:
        agent->has_call = false;
        record->failed = sv_random_chance(&fleet->random, fleet->spec.errors);
        record->duration_ms = spread(fleet, 600);
        record->text = words(fleet, 8, 60);
        break;
    case SV_FLEET_LLM:
        record->model = (uint8_t)below(fleet, SV_FLEET_MODELS);
        record->input_tokens = spread(fleet, 10000);
        record->cached_tokens = (uint32_t)((uint64_t)record->input_tokens * below(fleet, 100) / 100);
        record->output_tokens = spread(fleet, 300);
        record->cost_micros = record->input_tokens * 4 + record->output_tokens * 24;
        record->duration_ms = spread(fleet, 3000);
        record->text = words(fleet, 10, 50);
        break;
    case SV_FLEET_MESSAGE:
        record->to = below(fleet, fleet->spec.agents);
        record->text = words(fleet, 12, 60);
        break;
    case SV_FLEET_SAID:
        record->text = words(fleet, 12, 60);
        break;
    case SV_FLEET_STATUS:
        record->entity = 1 + below(fleet, 2000);
        record->status = (uint8_t)below(fleet, SV_FLEET_STATES);
        record->priority = (uint8_t)below(fleet, 4);
        record->text = words(fleet, 6, 16);
        break;
    default:
        record->failed = true;
        record->text = words(fleet, 5, 25);
    }
    if (record->failed)
        record->error = (uint8_t)below(fleet, SV_FLEET_ERRORS);
}

static void put_head(struct sv_fleet *fleet, struct sv_buf *out)
{
    if (fleet->format->head != NULL)
        fleet->format->head(fleet, out);
    fleet->has_begun = true;
}

static void put(struct sv_fleet *fleet, struct sv_fleet_record *record, struct sv_buf *out)
{
    record->agent = &fleet->agents[record->agent_number];
    act(fleet, record);
    if (fleet->format->one_at_a_time && !record->agent->was_met)
        record->agent->session_len = (uint8_t)(sv_fleet_put_uuid(record->agent->session, record, 1) - record->agent->session);
    char *p = sv_buf_room(out, SV_FLEET_RECORD_MAX);
    out->len += (size_t)(fleet->format->put(fleet, record, p) - p);
    record->agent->was_met = true;
}

static void put_any(struct sv_fleet *fleet, uint32_t agent, int64_t time_ns, struct sv_buf *out)
{
    struct sv_fleet_record record = {.number = ++fleet->made, .id = sv_random_next(&fleet->random), .time_ns = time_ns, .agent_number = agent};
    put(fleet, &record, out);
}

void sv_fleet_put_as(struct sv_fleet *fleet, uint32_t agent, int64_t time_ns, uint32_t mark, uint64_t number, struct sv_buf *out)
{
    uint64_t id = (uint64_t)mark << 32 | (sv_random_next(&fleet->random) & UINT32_MAX);
    struct sv_fleet_record record = {.number = number, .id = id, .time_ns = time_ns, .agent_number = agent};
    fleet->made++;
    put(fleet, &record, out);
}

static bool read_hex(struct sv_slice text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        *out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool sv_fleet_read_id(struct sv_slice id, uint32_t *mark, uint64_t *number)
{
    uint64_t first;
    if (id.len != 36 || !read_hex(sv_slice(id.data, 8), &first) || !read_hex(sv_slice(id.data + 24, 12), number))
        return false;
    *mark = (uint32_t)first;
    return id.data[8] == '-' && id.data[23] == '-';
}

static uint32_t choose_agent(struct sv_fleet *fleet)
{
    uint32_t agents = fleet->spec.agents;
    if (fleet->format->one_at_a_time && fleet->stays > 0) {
        fleet->stays--;
        return fleet->current;
    }
    uint32_t number = below(fleet, 1 + below(fleet, agents));
    for (uint32_t i = 0; fleet->agents[number].is_silent && i < agents; i++) {
        if (fleet->agents[number].left > 0) {
            fleet->agents[number].left--;
            break;
        }
        number = number + 1 < agents ? number + 1 : 0;
    }
    fleet->current = number;
    fleet->stays = STAY_MIN + below(fleet, STAY_MORE);
    fleet->agents[number].was_met &= !fleet->format->one_at_a_time; /* a session begins */
    return number;
}

static int64_t choose_time(struct sv_fleet *fleet)
{
    uint32_t mean_us = (uint32_t)(1e6 / fleet->spec.rate);
    fleet->now_ns += (int64_t)below(fleet, 2 * mean_us + 1) * 1000;
    if (fleet->spec.late > 0 && sv_random_chance(&fleet->random, fleet->spec.late))
        return fleet->now_ns - (int64_t)(1 + below(fleet, LATE_MAX_MS)) * 1000000;
    return fleet->now_ns;
}

bool sv_fleet_next(struct sv_fleet *fleet, struct sv_buf *out)
{
    size_t start = out->len;
    if (!fleet->has_begun)
        put_head(fleet, out);
    while (out->len - start < PIECE && (fleet->spec.records == 0 || fleet->made < fleet->spec.records)) {
        uint32_t agent = choose_agent(fleet);
        put_any(fleet, agent, choose_time(fleet), out);
    }
    return out->len > start;
}

/* --- what formats have in common --- */

char *sv_fleet_put_time(struct sv_fleet *fleet, char *p, int64_t time_ns)
{
    int64_t second = time_ns / SV_SECOND_NS, rest = time_ns % SV_SECOND_NS;
    if (rest < 0)
        rest += SV_SECOND_NS, second--;
    if (second != fleet->shown_second) {
        struct sv_buf text = {0};
        sv_time_format(&text, second * SV_SECOND_NS);
        memcpy(fleet->shown, text.data, sizeof fleet->shown - 1); /* without its Z */
        sv_buf_free(&text);
        fleet->shown_second = second;
    }
    p = sv_fleet_put_bytes(p, fleet->shown, 19);
    *p++ = '.';
    p = fleet->spec.fine_times ? sv_fleet_put_number(p, (uint64_t)rest, 9) : sv_fleet_put_number(p, (uint64_t)rest / 1000000, 3);
    *p++ = 'Z';
    return p;
}

char *sv_fleet_put_uuid(char *p, const struct sv_fleet_record *record, unsigned of)
{
    uint64_t id = record->id ^ of * UINT64_C(0x9e3779b97f4a7c15);
    p = sv_fleet_put_hex(p, id >> 32, 8);
    *p++ = '-';
    p = sv_fleet_put_hex(p, id >> 16, 4);
    SV_FLEET_PUT(p, "-4");
    p = sv_fleet_put_hex(p, id, 3);
    SV_FLEET_PUT(p, "-a");
    p = sv_fleet_put_hex(p, id >> 12 ^ of, 3);
    *p++ = '-';
    return sv_fleet_put_hex(p, record->number, 12);
}

char *sv_fleet_put_dollars(char *p, uint32_t micros)
{
    p = sv_fleet_put_number(p, micros / 1000000, 1);
    *p++ = '.';
    return sv_fleet_put_number(p, micros % 1000000, 6);
}
