/* SPDX-License-Identifier: ISC */
/* absent: a key that was seen is not seen for so long. `until` says that it need not be seen any more; what comes out of order from
 * before that says nothing. It is told once; then the key is forgotten until it is seen again. */
#include "json/writer.h"
#include "policy/kind.h"

struct absent {
    int64_t seen_ns; /* INT64_MIN: it is not waited for */
    int64_t over_ns; /* `until`; INT64_MIN: it did not come */
};

static void *start(const struct sv_kind_spec *spec)
{
    struct absent *absent = sv_calloc(1, sizeof *absent);
    (void)spec;
    absent->seen_ns = absent->over_ns = INT64_MIN;
    return absent;
}

static void end(void *state, const struct sv_kind_spec *spec)
{
    (void)spec;
    sv_free(state);
}

static struct sv_look touch(void *state, const struct sv_kind_spec *spec, const struct sv_touch *touch, const struct sv_state_parts *parts)
{
    struct absent *absent = state;
    (void)spec, (void)parts;
    if (touch->steps & 1 && touch->time_ns >= absent->seen_ns) {
        absent->over_ns = touch->time_ns > absent->over_ns ? touch->time_ns : absent->over_ns;
        absent->seen_ns = INT64_MIN;
    } else if (!(touch->steps & 1) && touch->time_ns > absent->over_ns && touch->time_ns > absent->seen_ns) {
        absent->seen_ns = touch->time_ns;
    }
    return (struct sv_look){.is = SV_LOOK_NOTHING};
}

static int64_t due(void *state, const struct sv_kind_spec *spec, bool holds, const struct sv_state_parts *parts)
{
    const struct absent *absent = state;
    (void)holds, (void)parts;
    return absent->seen_ns == INT64_MIN ? INT64_MAX : sv_time_plus(absent->seen_ns, spec->span_ns);
}

static struct sv_look timer(void *state, const struct sv_kind_spec *spec, int64_t due_ns, const struct sv_state_parts *parts)
{
    (void)state, (void)spec, (void)parts;
    return (struct sv_look){.is = SV_LOOK_POINT, .time_ns = due_ns, .then_forget = true};
}

static int64_t expiry(void *state, const struct sv_kind_spec *spec)
{
    const struct absent *absent = state;
    (void)spec;
    return absent->seen_ns == INT64_MIN ? absent->over_ns : INT64_MAX;
}

static void put_values(void *state, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    const struct absent *absent = state;
    sv_json_put_key(out, "seen");
    sv_buf_char(out, '"');
    sv_time_format(out, absent->seen_ns);
    sv_buf_char(out, '"');
    sv_json_put_key(out, "seconds");
    sv_json_put_value(out, sv_value_int(spec->span_ns / SV_SECOND_NS));
}

static bool save(void *state, const struct sv_kind_spec *spec, struct sv_buf *out, const struct sv_state_parts *parts)
{
    (void)spec, (void)parts;
    sv_pack_int(out, ((struct absent *)state)->seen_ns);
    sv_pack_int(out, ((struct absent *)state)->over_ns);
    return true;
}

static bool load(void *state, const struct sv_kind_spec *spec, struct sv_slice bytes, const struct sv_state_parts *parts)
{
    struct sv_unpack in = sv_unpack(bytes);
    (void)spec, (void)parts;
    ((struct absent *)state)->seen_ns = sv_unpack_int(&in);
    ((struct absent *)state)->over_ns = sv_unpack_int(&in);
    return !in.failed;
}

const struct sv_kind sv_kind_absent = {.name = "absent",
                                       .needs_time = true,
                                       .names_key = true,
                                       .start = start,
                                       .end = end,
                                       .touch = touch,
                                       .timer = timer,
                                       .due = due,
                                       .expiry = expiry,
                                       .put_values = put_values,
                                       .save = save,
                                       .load = load};
