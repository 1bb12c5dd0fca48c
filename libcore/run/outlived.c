/* SPDX-License-Identifier: ISC */
#include "run/outlived.h"

#include "base/os.h"
#include "base/time.h"
#include "policy/engine.h"

#define EVERY_NS (3600 * SV_SECOND_NS)
#define DAYS_NS (SV_OUTLIVED_DAYS * 86400 * SV_SECOND_NS)

struct ending {
    struct sv_store *store;
    struct sv_policies *set;
    struct sv_map ids;      /* -> index + 1 in the set */
    int64_t clock_ns;
    size_t most;
    struct sv_buf bytes;
    struct sv_error *err;
    bool failed;
};

/* With its last key goes what is kept of the policy as a whole. */
static bool end_keys(struct ending *ending, uint64_t signature, int64_t before_ns)
{
    size_t most = ending->most;
    int64_t left = 1;
    return sv_store_states_end(ending->store, signature, before_ns, &ending->most, ending->err) &&
           (ending->most == most || sv_store_states_count(ending->store, signature, INT64_MIN, &left, ending->err)) &&
           (left > 0 || sv_store_state_drop(ending->store, signature, sv_engine_policy_key, 0, UINT32_MAX, ending->err));
}

static void on_signature(void *to, uint64_t signature)
{
    struct ending *ending = to;
    struct sv_slice id;
    int64_t version;
    if (ending->failed || ending->most == 0 || signature == SV_SIGNATURE_CLOCK)
        return;
    if (signature == SV_SIGNATURE_TREE) {
        ending->failed = !sv_store_states_end(ending->store, signature, ending->clock_ns, &ending->most, ending->err);
        return;
    }
    ending->failed = !sv_store_state_load(ending->store, signature, sv_engine_policy_key, 0, &ending->bytes, &version, ending->err);
    if (ending->failed || version == 0 || !sv_engine_read_id(sv_buf_slice(&ending->bytes), &id))
        return;
    const struct sv_map_item *item = sv_map_find(&ending->ids, id);
    if (item == NULL)
        ending->failed = !end_keys(ending, signature, ending->clock_ns - DAYS_NS);
    else if (sv_policies_at(ending->set, item->number - 1)->signature != signature)
        ending->failed = !end_keys(ending, signature, ending->clock_ns);
}

static bool read_clock(struct ending *ending, bool *known)
{
    int64_t version;
    if (!sv_store_state_load(ending->store, SV_SIGNATURE_CLOCK, sv_engine_clock_key, 0, &ending->bytes, &version, ending->err))
        return false;
    *known = version != 0 && sv_engine_read_clock(sv_buf_slice(&ending->bytes), &ending->clock_ns) && ending->clock_ns > INT64_MIN + DAYS_NS;
    return true;
}

bool sv_outlived_end(struct sv_outlived *outlived, struct sv_store *store, struct sv_policies *set, struct sv_error *err)
{
    struct ending ending = {.store = store, .set = set, .most = SV_OUTLIVED_KEYS, .err = err};
    int64_t now_ns = sv_os_monotonic_ns();
    bool known = false;
    if (outlived->looked_ns != 0 && now_ns < outlived->looked_ns + EVERY_NS)
        return true;
    bool fine = read_clock(&ending, &known);
    for (size_t i = 0; fine && known && i < sv_policies_count(set); i++)
        sv_map_at(&ending.ids, sv_policies_at(set, i)->id)->number = i + 1;
    fine = fine && (!known || sv_store_states_signatures(store, on_signature, &ending, err)) && !ending.failed;
    outlived->looked_ns = ending.most > 0 ? now_ns : 0;
    sv_map_free(&ending.ids);
    sv_buf_free(&ending.bytes);
    return fine;
}
