/* SPDX-License-Identifier: ISC */
#include "run/merge.h"

#include "base/mem.h"

enum { PAGE_MAX = 500 /* a page is read in one transaction */, PAGE_MIN = 4 };

void sv_merge_add(struct sv_merge *merge)
{
    if (merge->count == merge->capacity) {
        merge->capacity = merge->capacity > 0 ? 2 * merge->capacity : 4;
        merge->streams = sv_realloc(merge->streams, merge->capacity * sizeof *merge->streams);
    }
    merge->streams[merge->count++] = (struct sv_merge_stream){0};
}

/* Fetches the next page if there is nothing left of this one; pages grow, for who has come so far wants more. */
static bool fill(struct sv_merge *merge, size_t number, struct sv_error *err)
{
    struct sv_merge_stream *stream = &merge->streams[number];
    if (stream->at < stream->count || stream->ended)
        return true;
    size_t first = merge->page / merge->count;
    if (stream->limit == 0)
        stream->limit = first > PAGE_MAX ? PAGE_MAX : first > PAGE_MIN ? first : PAGE_MIN;
    else if (stream->limit < PAGE_MAX)
        stream->limit = 2 * stream->limit < PAGE_MAX ? 2 * stream->limit : PAGE_MAX;
    if (!merge->fetch(merge->context, number, stream->limit, &stream->count, err))
        return false;
    stream->at = 0;
    stream->ended = stream->count < stream->limit;
    return true;
}

static bool is_before(struct sv_merge_place a, struct sv_merge_place b, bool up)
{
    if (a.time_ns != b.time_ns)
        return (a.time_ns < b.time_ns) == up;
    return (a.id < b.id) == up;
}

bool sv_merge_next(struct sv_merge *merge, size_t *stream, size_t *at, struct sv_error *err)
{
    struct sv_merge_place first = {0, 0};
    bool found = false;
    if (merge->last != NULL)
        merge->last->at++;
    merge->last = NULL;
    for (size_t i = 0; i < merge->count; i++) {
        if (!fill(merge, i, err))
            return false;
        if (merge->streams[i].at == merge->streams[i].count)
            continue;
        struct sv_merge_place place = merge->place(merge->context, i, merge->streams[i].at);
        if (found && !is_before(place, first, merge->up))
            continue;
        found = true;
        first = place;
        *stream = i;
    }
    if (!found)
        return false;
    merge->last = &merge->streams[*stream];
    *at = merge->last->at;
    return true;
}

void sv_merge_free(struct sv_merge *merge)
{
    sv_free(merge->streams);
    merge->streams = merge->last = NULL;
    merge->count = merge->capacity = 0;
}
