/* SPDX-License-Identifier: ISC */
#include "run/thin.h"

#include "base/hash.h"
#include "base/num.h"

enum { KINDS_MAX = 65536 };

static struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
}

bool sv_thin_sample(struct sv_thin *thin, const char *text, struct sv_error *err)
{
    const char *equals = strrchr(text, '=');
    double share;
    if (equals == NULL || equals == text || !sv_num_double(sv_slice_str(equals + 1), true, &share) || !(share >= 0 && share <= 1))
        return sv_error_set(err, SV_USAGE, "--sample %.100s: TYPE=SHARE is expected, a share from 0 to 1", text);
    thin->samples = sv_realloc(thin->samples, (thin->sample_count + 1) * sizeof *thin->samples);
    thin->samples[thin->sample_count++] = (struct sv_thin_sample){sv_slice(text, (size_t)(equals - text)), share};
    return true;
}

static bool is_drawn(const struct sv_thin *thin, struct sv_event *event, struct sv_slice type)
{
    size_t i = thin->sample_count;
    while (i > 0 && !sv_slice_glob(thin->samples[i - 1].type, type))
        i--;
    if (i == 0)
        return true;
    struct sv_slice call = text_of(event, SV_F_CALL_ID);
    uint64_t hash = sv_hash(call.len > 0 ? call : sv_event_id(event));
    return (double)(hash >> 11) * 0x1p-53 < thin->samples[i - 1].share;
}

/* What tells the story of a session, or of a policy. */
static bool is_essential(struct sv_slice type)
{
    static const char *const families[] = {"session.", "turn.", "message.", "llm.", "tool.", "agent.", "operator."};
    static const char *const types[] = {"decision", "evaluation", "alert"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (sv_slice_starts(type, sv_slice_str(families[i])))
            return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_slice_is(type, types[i]))
            return true;
    return false;
}

/* The same input, type, agent, session, entity, tool, name and status. */
static struct sv_slice kind_of(struct sv_thin *thin, struct sv_event *event)
{
    static const enum sv_field fields[] = {SV_F_TYPE, SV_F_AGENT, SV_F_SESSION, SV_F_ENTITY_TYPE, SV_F_ENTITY_ID, SV_F_TOOL, SV_F_NAME, SV_F_STATUS};
    sv_buf_clear(&thin->key);
    sv_buf_uint(&thin->key, event->place.source);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        sv_buf_char(&thin->key, '\0');
        sv_buf_add(&thin->key, text_of(event, fields[i]));
    }
    return sv_buf_slice(&thin->key);
}

static bool is_echo(struct sv_thin *thin, struct sv_event *event)
{
    if (thin->last.count >= KINDS_MAX)
        sv_map_free(&thin->last);
    size_t known = thin->last.count;
    struct sv_map_item *last = sv_map_at(&thin->last, kind_of(thin, event));
    int64_t ago;
    if (thin->last.count == known && !__builtin_sub_overflow(event->time_ns, (int64_t)last->number, &ago) && ago >= 0 &&
        ago < thin->debounce_ns)
        return true;
    last->number = (uint64_t)event->time_ns;
    return false;
}

enum sv_thin_verdict sv_thin_event(struct sv_thin *thin, struct sv_event *event)
{
    if (thin->sample_count == 0 && thin->debounce_ns == 0)
        return SV_THIN_KEEP;
    struct sv_slice type = text_of(event, SV_F_TYPE);
    if (!is_drawn(thin, event, type))
        return SV_THIN_SAMPLED;
    if (thin->debounce_ns > 0 && event->has_time && !is_essential(type) && is_echo(thin, event))
        return SV_THIN_DEBOUNCED;
    return SV_THIN_KEEP;
}

void sv_thin_free(struct sv_thin *thin)
{
    sv_free(thin->samples);
    sv_map_free(&thin->last);
    sv_buf_free(&thin->key);
    *thin = (struct sv_thin){0};
}
