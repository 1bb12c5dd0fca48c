/* SPDX-License-Identifier: ISC */
/* The states of policies: an engine over the store, for runs that resume; over memory, for those that do not. */
#include "base/os.h"
#include "run/private.h"
#include "store/team.h"

static bool sweep(void *context, uint64_t signature, void (*each)(void *to, const unsigned char *key, int64_t due_ns), void *to,
                  struct sv_error *err)
{
    struct sv_run *run = context;
    return sv_store_states_sweep(run->store, signature, each, to, err);
}

static bool load(void *context, uint64_t signature, const unsigned char *key, uint32_t part, struct sv_buf *out, int64_t *version,
                 struct sv_error *err)
{
    struct sv_run *run = context;
    return sv_store_state_load(run->store, signature, key, part, out, version, err);
}

static bool put(void *context, uint64_t signature, const unsigned char *key, uint32_t part, int64_t due_ns, int64_t version,
                struct sv_slice bytes, struct sv_error *err)
{
    struct sv_run *run = context;
    return sv_store_state_put(run->store, signature, key, part, due_ns, version, bytes, err);
}

static bool drop(void *context, uint64_t signature, const unsigned char *key, uint32_t first, uint32_t last, struct sv_error *err)
{
    struct sv_run *run = context;
    return sv_store_state_drop(run->store, signature, key, first, last, err);
}

static bool changed(void *context, bool *out, struct sv_error *err)
{
    struct sv_run *run = context;
    int64_t version;
    if (!sv_store_data_version(run->store, &version, err))
        return false;
    *out = version != run->data_version;
    run->data_version = version;
    return true;
}

void sv_run_states_open(struct sv_run *run)
{
    run->state_store = (struct sv_engine_store){run, sweep, load, put, drop, changed};
    if (run->policies != NULL)
        run->matcher.engine = sv_engine_new(run->policies, run->store != NULL && run->spec.resume ? &run->state_store : NULL);
}

/* Nothing is unsaved between two batches. */
void sv_run_states_change(struct sv_run *run)
{
    if (run->matcher.engine != NULL)
        sv_engine_change(run->matcher.engine, run->policies);
    else
        sv_run_states_open(run);
}

bool sv_run_states_begin(struct sv_run *run, struct sv_error *err)
{
    return run->matcher.engine == NULL || sv_engine_begin(run->matcher.engine, err);
}

bool sv_run_states_good(struct sv_run *run, struct sv_error *err)
{
    return run->matcher.engine == NULL || sv_engine_good(run->matcher.engine, err);
}

bool sv_run_states_are_dirty(const struct sv_run *run)
{
    return run->matcher.engine != NULL && sv_engine_is_dirty(run->matcher.engine);
}

bool sv_run_states_keep(struct sv_run *run, struct sv_error *err)
{
    if (run->matcher.engine != NULL && !sv_engine_save(run->matcher.engine, err))
        return false;
    return run->policies == NULL || !run->spec.resume || sv_outlived_end(&run->outlived, run->store, run->policies, err);
}

void sv_run_states_kept(struct sv_run *run)
{
    if (run->matcher.engine != NULL)
        sv_engine_saved(run->matcher.engine);
}

void sv_run_states_tick(struct sv_run *run)
{
    if (run->matcher.engine != NULL)
        sv_engine_clock(run->matcher.engine, sv_os_now_ns(), &run->matcher, &run->hits);
}

int64_t sv_run_states_next(struct sv_run *run)
{
    return run->matcher.engine != NULL ? sv_engine_next(run->matcher.engine) : INT64_MAX;
}
