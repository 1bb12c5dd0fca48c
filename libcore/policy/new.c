/* SPDX-License-Identifier: ISC */
/* new: a value that the key never had, once it has been watched for the time that it takes to learn what is usual. */
#include "base/set.h"
#include "json/writer.h"
#include "policy/kind.h"

enum {
    PART_VALUES = 500,     /* hashes in a part */
    VALUES_MAX = 1 << 16   /* of a key; from then on none is new */
};
#define FORGOTTEN_NS (30 * 86400 * SV_SECOND_NS) /* a key that was not met for so long */

struct seen {
    int64_t first_ns, last_ns; /* INT64_MIN: no event so far */
    uint64_t *hashes;          /* [count], in the order of their coming */
    uint32_t count, room, saved;
    struct sv_set set;
};

static void *start(const struct sv_kind_spec *spec)
{
    struct seen *seen = sv_calloc(1, sizeof *seen);
    (void)spec;
    seen->first_ns = seen->last_ns = INT64_MIN;
    return seen;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    struct seen *seen = state;
    (void)spec;
    sv_free(seen->hashes);
    sv_set_free(&seen->set);
    sv_free(seen);
}

static bool add(struct seen *seen, uint64_t hash)
{
    if (seen->count >= VALUES_MAX || !sv_set_add(&seen->set, hash))
        return false;
    if (seen->count == seen->room) {
        seen->room = seen->room > 0 ? 2 * seen->room : 8;
        seen->hashes = sv_realloc(seen->hashes, seen->room * sizeof *seen->hashes);
    }
    seen->hashes[seen->count++] = hash;
    return true;
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct seen *seen = state;
    (void)parts;
    seen->first_ns = seen->first_ns == INT64_MIN ? touch->time_ns : seen->first_ns;
    seen->last_ns = touch->time_ns > seen->last_ns ? touch->time_ns : seen->last_ns;
    if (touch->values[0].type == SV_ABSENT || !add(seen, (uint64_t)touch->values[0].i) ||
        touch->time_ns < sv_time_plus(seen->first_ns, spec->span_ns))
        return (struct sv_look){.is = SV_LOOK_NOTHING};
    return (struct sv_look){.is = SV_LOOK_POINT, .time_ns = touch->time_ns};
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct seen *seen = state;
    return seen->last_ns == INT64_MIN ? INT64_MIN : sv_time_plus(seen->last_ns, spec->span_ns > FORGOTTEN_NS ? spec->span_ns : FORGOTTEN_NS);
}

static void put_values(void *state, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    (void)spec;
    sv_json_put_key(out, "known");
    sv_json_put_value(out, sv_value_int((int64_t)((struct seen *)state)->count - 1));
}

/* Hashes only come to the end: parts that are full are never written again. */
static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    struct seen *seen = state;
    struct sv_buf bytes = {0};
    bool fine = true;
    (void)spec;
    sv_pack_int(out, seen->first_ns);
    sv_pack_int(out, seen->last_ns);
    sv_pack_uint(out, seen->count);
    for (uint32_t part = seen->saved / PART_VALUES; part * PART_VALUES < seen->count && fine && seen->saved < seen->count; part++) {
        sv_buf_clear(&bytes);
        for (uint32_t i = part * PART_VALUES; i < seen->count && i < (part + 1) * PART_VALUES; i++)
            sv_pack_fixed(&bytes, seen->hashes[i]);
        fine = parts->put(parts->context, part + 1, sv_buf_slice(&bytes));
    }
    seen->saved = seen->count;
    sv_buf_free(&bytes);
    return fine;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct seen *seen = state;
    struct sv_unpack in = sv_unpack(bytes);
    struct sv_buf part = {0};
    (void)spec;
    seen->first_ns = sv_unpack_int(&in);
    seen->last_ns = sv_unpack_int(&in);
    uint64_t count = sv_unpack_uint(&in);
    bool fine = !in.failed && count <= VALUES_MAX;
    for (uint32_t number = 0; fine && number * PART_VALUES < count; number++) {
        fine = parts->load(parts->context, number + 1, &part);
        struct sv_unpack hashes = sv_unpack(sv_buf_slice(&part));
        while (fine && hashes.at < hashes.end && !hashes.failed)
            add(seen, sv_unpack_fixed(&hashes));
    }
    seen->saved = seen->count;
    sv_buf_free(&part);
    return fine;
}

const struct sv_kind sv_kind_new = {.name = "new",
                                    .needs_time = true,
                                    .start = start,
                                    .end = end,
                                    .touch = touch,
                                    .expiry = expiry,
                                    .put_values = put_values,
                                    .save = save,
                                    .load = load};
