/* SPDX-License-Identifier: ISC */
#include "run/drops.h"

#include "base/os.h"
#include "policy/engine.h"

/* A policy of the set as the store knows it. */
struct known {
    bool is_now;     /* also by the signature that it has now */
    int64_t keys;    /* by others */
};

struct drops {
    struct sv_policies *set;
    struct sv_store *store;
    struct sv_map places;  /* id -> index + 1 in the set */
    struct known *known;
    int64_t clock_ns;
    struct sv_buf bytes;
    struct sv_error *err;
    bool failed;
};

static void on_signature(void *to, uint64_t signature)
{
    struct drops *drops = to;
    struct sv_slice id;
    int64_t version, keys;
    if (drops->failed || signature == SV_SIGNATURE_CLOCK || signature == SV_SIGNATURE_TREE)
        return;
    drops->failed = !sv_store_state_load(drops->store, signature, sv_engine_policy_key, 0, &drops->bytes, &version, drops->err);
    if (drops->failed || version == 0 || !sv_engine_read_id(sv_buf_slice(&drops->bytes), &id))
        return;
    const struct sv_map_item *item = sv_map_find(&drops->places, id);
    if (item == NULL)
        return;
    struct known *known = &drops->known[item->number - 1];
    if (sv_policies_at(drops->set, item->number - 1)->signature == signature) {
        known->is_now = true;
        return;
    }
    drops->failed = !sv_store_states_count(drops->store, signature, drops->clock_ns, &keys, drops->err);
    known->keys += drops->failed ? 0 : keys;
}

static bool look(struct drops *drops)
{
    int64_t version;
    drops->clock_ns = INT64_MIN;
    if (!sv_store_state_load(drops->store, SV_SIGNATURE_CLOCK, sv_engine_clock_key, 0, &drops->bytes, &version, drops->err))
        return false;
    if (version != 0)
        sv_engine_read_clock(sv_buf_slice(&drops->bytes), &drops->clock_ns);
    return sv_store_states_signatures(drops->store, on_signature, drops, drops->err) && !drops->failed;
}

static void tell(const struct drops *drops, struct sv_findings *findings)
{
    for (size_t i = 0; i < sv_policies_count(drops->set); i++) {
        const struct sv_policy *policy = sv_policies_at(drops->set, i);
        const struct known *known = &drops->known[i];
        if (!known->is_now && known->keys > 0)
            sv_policies_warn(policy, findings, "this edit drops what is known of %lld key%s of \"%.*s\"", (long long)known->keys,
                             known->keys == 1 ? "" : "s", SV_ARG(policy->id));
    }
}

static bool is_there(const struct sv_store_spec *spec)
{
    struct sv_buf path = {0};
    struct sv_os_stat stat;
    bool there = (spec->path != NULL ? sv_buf_str(&path, spec->path), true : sv_store_default_path(&path, NULL)) &&
                 sv_os_stat_path(sv_buf_cstr(&path), false, &stat);
    sv_buf_free(&path);
    return there;
}

bool sv_run_warn_drops(struct sv_policies *set, const struct sv_store_spec *store, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_store_spec spec = *store;
    struct drops drops = {.set = set, .err = err};
    if (!is_there(store))
        return true;
    spec.read_only = spec.untouched = true;
    drops.store = sv_store_open(&spec, err);
    if (drops.store == NULL)
        return false;
    size_t count = sv_policies_count(set);
    drops.known = sv_calloc(count + 1, sizeof *drops.known);
    for (size_t i = 0; i < count; i++)
        sv_map_at(&drops.places, sv_policies_at(set, i)->id)->number = i + 1;
    bool fine = look(&drops);
    if (fine)
        tell(&drops, findings);
    sv_store_close(drops.store);
    sv_map_free(&drops.places);
    sv_buf_free(&drops.bytes);
    sv_free(drops.known);
    return fine;
}
