/* SPDX-License-Identifier: ISC */
/* A history of events and a set of policies with states: what is told is the same with states in memory, with a store that is
 * written to at the end, and cut into pieces that each begin with what the store holds; and so are the states that are left.
 *
 * A byte says which two policies (or the same one twice), one whether each event comes many times over; then four bytes an event: how
 * much time passes (or that it comes late, or without time; or that only the clock goes on), whose and which it is, its number; a bit
 * of them says that the run is cut behind it. Histories are short, for what is found is found in the first few events or in parts of
 * samples that are full, and those need repetition, not length. */
#include "stateful.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENTS_MAX = 24, MANY = 240, TIMES_MANY = 20, SETS_MAX = 256 }; /* some hundred samples fill a part */

static struct fuzz_set *set_of(uint8_t which)
{
    static struct fuzz_set sets[SETS_MAX];
    if (sets[which].policies == NULL)
        sets[which] = fuzz_load(UINT32_C(1) << (which & 15) | UINT32_C(1) << (which >> 4));
    return &sets[which];
}

static const int64_t base_ns = INT64_C(1774742400000000000); /* 2026-03-29T00:00:00Z, shortly before a clock is set */

/* false: no event, but time passes. */
static bool put_event(struct sv_buf *out, const uint8_t *bytes, int64_t *clock_ns)
{
    static const char *const agents[] = {"a", "a/b", "a/b/c", "d"};
    static const char *const types[] = {"tool.call", "tool.call", "tool.result", "end"};
    static const char *const tools[] = {"A", "B", "C", "T"};
    static const int64_t steps[] = {0, 1, 500, 1000, 2000, 5000, 20000, 600000}; /* ms */
    unsigned kind = bytes[0] >> 4 & 7, step = bytes[0] & 7;
    int64_t time_ns = *clock_ns;
    if (kind < 5) /* on; else back */
        time_ns = *clock_ns += steps[step] * 1000000;
    else if (kind == 5)
        time_ns -= steps[step] * 1000000;
    if (kind == 4 && step == 7)
        return false;
    sv_buf_clear(out);
    sv_buf_char(out, '{');
    if (kind != 6) {
        sv_buf_str(out, "\"time\":\"");
        sv_time_format(out, time_ns);
        sv_buf_str(out, "\",");
    }
    sv_buf_printf(out, "\"type\":\"%s\",\"agent\":\"%s\"", types[bytes[1] >> 2 & 3], agents[bytes[1] & 3]);
    if (bytes[1] & 0x80)
        sv_buf_printf(out, ",\"tool\":\"%s\",\"args\":{\"n\":%d,\"m\":[]}", tools[bytes[2] & 3], bytes[2] >> 2 & 1);
    if (bytes[1] & 0x40)
        sv_buf_printf(out, ",\"n\":%d,\"d\":%d.%d", (int)(bytes[3] & 15) - 7, (int)(bytes[3] >> 4), (int)(bytes[3] & 7));
    if (bytes[1] & 0x20)
        sv_buf_printf(out, ",\"status\":\"%s\"", bytes[2] & 0x80 ? "error" : "ok");
    if (bytes[1] & 0x10)
        sv_buf_printf(out, ",\"result\":\"%s\"", bytes[2] & 0x40 ? "x" : "y");
    if (bytes[2] & 0x20 && bytes[1] & 0x80)
        sv_buf_printf(out, ",\"parent_agent\":\"%s\"", agents[bytes[2] >> 3 & 3]);
    sv_buf_char(out, '}');
    return true;
}

enum way { IN_MEMORY, AT_ONCE, IN_PIECES };

/* Once, or many times at once; or time passes. */
static void happens(struct fuzz_run *run, const uint8_t *bytes, int times, int64_t *clock_ns, struct sv_buf *json)
{
    uint8_t event[4];
    memcpy(event, bytes, sizeof event);
    if (!put_event(json, event, clock_ns)) {
        sv_engine_clock(run->matcher.engine, *clock_ns, &run->matcher, &run->hits);
        fuzz_tell(run);
        return;
    }
    fuzz_feed(run, sv_buf_slice(json));
    event[0] = (uint8_t)((event[0] & 0x70) | 1);
    for (int i = 1; i < times && put_event(json, event, clock_ns); i++)
        fuzz_feed(run, sv_buf_slice(json));
}

static void tell(struct fuzz_set *set, const uint8_t *data, size_t size, int times, enum way way, struct sv_buf *told, struct sv_buf *states)
{
    struct memory_store *kept = way == IN_MEMORY ? NULL : memory_new();
    struct fuzz_run run;
    struct sv_buf json = {0};
    int64_t clock_ns = base_ns;
    fuzz_open(&run, set, kept);
    for (size_t i = 0; i + 4 <= size && i < 4 * EVENTS_MAX; i += 4) {
        happens(&run, data + i, times, &clock_ns, &json);
        if (way != IN_PIECES || !(data[i] & 0x88))
            continue;
        fuzz_save(&run);
        if (data[i] & 0x80) {
            sv_engine_free(run.matcher.engine);
            fuzz_open_engine(&run);
        }
    }
    if (kept != NULL) {
        fuzz_save(&run);
        memory_image(kept, states);
    }
    sv_buf_set(told, sv_buf_slice(&run.told));
    fuzz_close(&run);
    if (kept != NULL)
        memory_free(kept);
    sv_buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_buf once = {0}, other = {0}, states = {0}, other_states = {0};
    if (size < 2)
        return 0;
    setenv("SV_NOW", "2030-01-01T00:00:00Z", 1);
    struct fuzz_set *set = set_of(data[0]);
    int times = data[1] >= MANY ? TIMES_MANY : 1; /* seldom, for they take long */
    tell(set, data + 2, size - 2, times, IN_MEMORY, &once, &states);
    tell(set, data + 2, size - 2, times, AT_ONCE, &other, &states);
    fuzz_require(sv_slice_equal(sv_buf_slice(&once), sv_buf_slice(&other)));
    tell(set, data + 2, size - 2, times, IN_PIECES, &other, &other_states);
    fuzz_require(sv_slice_equal(sv_buf_slice(&once), sv_buf_slice(&other)));
    fuzz_require(sv_slice_equal(sv_buf_slice(&states), sv_buf_slice(&other_states)));
    sv_buf_free(&once);
    sv_buf_free(&other);
    sv_buf_free(&states);
    sv_buf_free(&other_states);
    return 0;
}
