/* SPDX-License-Identifier: ISC */
#include "run/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/time.h"

enum { FOUND_MAX = 100, EVALUATIONS_MAX = 1000 };

struct address {
    struct sv_slice origin;
    uint64_t record;
    uint32_t part;
};

/* `<origin>:<record>.<part>` */
static bool split(struct sv_slice text, struct address *out)
{
    const char *colon = sv_slice_find(text, SV_SLICE(":")), *dot = colon;
    uint64_t part;
    for (const char *c = colon; c != NULL && c < text.data + text.len; c++)
        dot = *c == '.' ? c : dot;
    if (colon == NULL || dot == colon || !sv_num_uint(sv_slice(colon + 1, (size_t)(dot - colon) - 1), &out->record) ||
        !sv_num_uint(sv_slice(dot + 1, (size_t)(text.data + text.len - dot) - 1), &part) || part > UINT32_MAX)
        return false;
    out->origin = sv_slice(text.data, (size_t)(colon - text.data));
    out->part = (uint32_t)part;
    return true;
}

/* The heads that begin with these hex digits. */
static bool heads_of(struct sv_slice digits, uint64_t *from, uint64_t *to)
{
    *from = 0;
    *to = UINT64_MAX;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.data[i];
        int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (value < 0 || i >= 16)
            return false;
        int shift = 60 - 4 * (int)i;
        *from |= (uint64_t)value << shift;
        *to = *from | (shift > 0 ? (UINT64_C(1) << shift) - 1 : 0);
    }
    return digits.len >= 4;
}

/* Sources that may be meant: `r<run>`, or the beginning of a head; behind both perhaps `-<number>`. */
static bool sources_of(struct sv_store *store, struct sv_slice origin, struct sv_store_sources *out, bool *is_origin, struct sv_error *err)
{
    const char *dash = sv_slice_find(origin, SV_SLICE("-"));
    struct sv_slice head = dash != NULL ? sv_slice(origin.data, (size_t)(dash - origin.data)) : origin;
    uint64_t number = dash != NULL ? 0 : 1, from, to, run;
    *is_origin = true;
    bool has_number = dash == NULL || sv_num_uint(sv_slice(dash + 1, (size_t)(origin.data + origin.len - dash) - 1), &number);
    bool is_pipe = head.len > 1 && head.data[0] == 'r' && sv_num_uint(sv_slice(head.data + 1, head.len - 1), &run) && run > 0;
    *is_origin = has_number && (is_pipe || heads_of(head, &from, &to));
    if (!*is_origin)
        return true;
    if (!(is_pipe ? sv_store_sources_run(store, (int64_t)run, out, err) : sv_store_sources_heads(store, from, to, out, err)))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].number == number)
            out->items[kept++] = out->items[i];
    out->count = kept;
    return true;
}

static bool several(struct sv_slice id, struct sv_error *err)
{
    return sv_error_set(err, SV_USAGE, "%.*s: several inputs begin with that; give more of it", SV_ARG(id));
}

/* The one source of the address; 0: there is none. */
static bool source_of(struct sv_store *store, struct sv_slice id, const struct address *address, int64_t *source, bool *is_origin,
                      struct sv_error *err)
{
    struct sv_store_sources sources = {0};
    bool fine = sources_of(store, address->origin, &sources, is_origin, err);
    *source = fine && sources.count > 0 ? sources.items[0].id : 0;
    if (fine && sources.count > 1)
        fine = several(id, err);
    sv_store_sources_free(&sources);
    return fine;
}

/* --- evaluations --- */

struct versions {
    struct sv_slice policy;
    int64_t items[FOUND_MAX];
    size_t count;
};

static bool on_policy(void *context, int64_t id, struct sv_slice policy)
{
    struct versions *versions = context;
    if (sv_slice_equal(policy, versions->policy) && versions->count < FOUND_MAX)
        versions->items[versions->count++] = id;
    return sv_slice_equal(policy, versions->policy);
}

static bool is_version(const struct versions *versions, int64_t id)
{
    for (size_t i = 0; i < versions->count; i++)
        if (versions->items[i] == id)
            return true;
    return false;
}

/* What a timer found at this time. */
static bool find_timed(struct sv_store *store, const struct versions *versions, struct sv_slice keys, int64_t time_ns, struct sv_lookup *found,
                       struct sv_error *err)
{
    for (size_t v = 0; v < versions->count; v++) {
        struct sv_found page = {.by = SV_FOUND_POLICY, .number = versions->items[v], .time_ns = time_ns, .id = INT64_MAX, .since_ns = time_ns,
                                .limit = EVALUATIONS_MAX};
        if (!sv_store_found(store, &page, &found->evaluations, err))
            return false;
        size_t kept = 0;
        for (size_t i = 0; i < found->evaluations.count; i++)
            if (found->evaluations.items[i].source == 0 && sv_slice_equal(found->evaluations.items[i].keys, keys))
                found->evaluations.items[kept++] = found->evaluations.items[i];
        found->evaluations.count = kept;
        if (kept > 0)
            return true;
    }
    return true;
}

static bool find_evaluation(struct sv_store *store, struct sv_slice id, const char *at, struct sv_lookup *found, struct sv_error *err)
{
    struct sv_slice head = sv_slice(id.data, (size_t)(at - id.data)), where = sv_slice(at + 1, (size_t)(id.data + id.len - at) - 1);
    const char *bracket = sv_slice_find(head, SV_SLICE("["));
    struct versions versions = {.policy = bracket != NULL ? sv_slice(head.data, (size_t)(bracket - head.data)) : head};
    struct sv_slice keys = bracket != NULL ? sv_slice(bracket, (size_t)(at - bracket)) : (struct sv_slice){0};
    struct address address;
    int64_t time_ns, source;
    bool is_origin = false;
    if (!sv_store_policies(store, versions.policy, on_policy, &versions, err))
        return false;
    if (sv_time_parse(where, &time_ns)) {
        if (!find_timed(store, &versions, keys, time_ns, found, err))
            return false;
    } else if (split(where, &address)) {
        if (!source_of(store, id, &address, &source, &is_origin, err))
            return false;
        if (source != 0 && !sv_store_found_event(store, source, address.record, address.part, EVALUATIONS_MAX, &found->evaluations, err))
            return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < found->evaluations.count; i++) {
        const struct sv_store_finding_row *row = &found->evaluations.items[i];
        if (is_version(&versions, row->policy) && sv_slice_equal(row->keys, keys))
            found->evaluations.items[kept++] = *row;
    }
    found->evaluations.count = kept;
    found->kind = kept > 0 ? SV_LOOKUP_EVALUATION : SV_LOOKUP_NOTHING;
    return true;
}

/* --- events --- */

/* One id, of one machine or several; or the parts of one record, `<id>.0` and `<id>.u`, when it was asked for as a whole. */
static bool belong_together(const struct sv_store_rows *rows, struct sv_slice id)
{
    bool same = true, parts = true;
    for (size_t i = 0; i < rows->count; i++) {
        struct sv_slice own = rows->items[i].event;
        same = same && sv_slice_equal(own, rows->items[0].event);
        parts = parts && own.len > id.len && own.data[id.len] == '.';
    }
    return same || parts;
}

static bool find_event(struct sv_store *store, struct sv_slice id, struct sv_lookup *found, struct sv_error *err)
{
    struct address address;
    int64_t source = 0;
    bool is_origin = false;
    if (split(id, &address)) {
        if (!source_of(store, id, &address, &source, &is_origin, err))
            return false;
        if (source != 0 && !sv_store_find_address(store, source, address.record, address.part, &found->events, err))
            return false;
    }
    if (found->events.count == 0 && !sv_store_find_own(store, id, false, FOUND_MAX, &found->events, err))
        return false;
    if (found->events.count == 0 && !sv_store_find_own(store, id, true, FOUND_MAX, &found->events, err))
        return false;
    found->kind = found->events.count > 0 ? SV_LOOKUP_EVENT : SV_LOOKUP_NOTHING;
    if (belong_together(&found->events, id))
        return true;
    return sv_error_set(err, SV_USAGE, "%.*s: several begin with that: %.*s, %.*s%s", SV_ARG(id), SV_ARG(found->events.items[0].event),
                        SV_ARG(found->events.items[1].event), found->events.count > 2 ? ", ..." : "");
}

bool sv_lookup(struct sv_store *store, struct sv_slice id, struct sv_lookup *found, struct sv_error *err)
{
    const char *at = NULL;
    for (const char *c = id.data; c < id.data + id.len; c++)
        at = *c == '@' ? c : at;
    found->kind = SV_LOOKUP_NOTHING;
    found->events.count = found->evaluations.count = 0;
    if (id.len == 0)
        return true;
    if (at != NULL && !find_evaluation(store, id, at, found, err))
        return false;
    return found->kind != SV_LOOKUP_NOTHING || find_event(store, id, found, err);
}

void sv_lookup_free(struct sv_lookup *found)
{
    sv_store_rows_free(&found->events);
    sv_store_finding_rows_free(&found->evaluations);
}
