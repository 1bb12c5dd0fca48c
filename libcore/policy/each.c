/* SPDX-License-Identifier: ISC */
/* No kind: each matching event is a violation, as far as `realert` lets it be one for its key. */
#include "policy/kind.h"

struct each {
    int64_t last_ns;
};

static void *start(const struct sv_kind_spec *spec)
{
    (void)spec;
    return sv_calloc(1, sizeof(struct each));
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    (void)spec;
    sv_free(state);
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct each *each = state;
    (void)parts;
    each->last_ns = touch->time_ns > each->last_ns ? touch->time_ns : each->last_ns;
    return (struct sv_look){.is = SV_LOOK_POINT, .time_ns = touch->time_ns, .then_forget = spec->realert_ns == 0};
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    (void)spec;
    return ((struct each *)state)->last_ns;
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    (void)spec, (void)parts;
    sv_pack_int(out, ((struct each *)state)->last_ns);
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct sv_unpack in = sv_unpack(bytes);
    (void)spec, (void)parts;
    ((struct each *)state)->last_ns = sv_unpack_int(&in);
    return !in.failed;
}

const struct sv_kind sv_kind_each = {
    .name = "none", .start = start, .end = end, .touch = touch, .expiry = expiry, .save = save, .load = load};
