/* SPDX-License-Identifier: ISC */
/* States and the store. */
#include "base/os.h"
#include "policy/engine_private.h"

const unsigned char sv_engine_policy_key[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const unsigned char sv_engine_clock_key[16];

enum { STATE_VERSION = 2 };

/* --- parts --- */

static bool load_part(void *context, uint32_t part, struct sv_buf *out)
{
    struct sv_state_place *place = context;
    struct sv_engine *engine = place->engine;
    const struct sv_state *state = place->state;
    unsigned char key[16];
    int64_t version;
    struct sv_error err = {0};
    sv_buf_clear(out);
    if (engine->store == NULL || state->version == 0 || state->is_anew)
        return false;
    sv_key_put(state->key, key);
    if (!engine->store->load(engine->store->context, engine->policies[state->policy].policy->signature, key, part, out, &version, &err))
        return sv_engine_fail(engine, &err);
    return version != 0;
}

static bool put_part(void *context, uint32_t part, struct sv_slice bytes)
{
    struct sv_state_place *place = context;
    struct sv_engine *engine = place->engine;
    unsigned char key[16];
    struct sv_error err = {0};
    sv_key_put(place->state->key, key);
    return engine->store->put(engine->store->context, engine->policies[place->state->policy].policy->signature, key, part, INT64_MIN, 1,
                              bytes, &err) ||
           sv_engine_fail(engine, &err);
}

static bool drop_parts(void *context, uint32_t first, uint32_t last)
{
    struct sv_state_place *place = context;
    struct sv_engine *engine = place->engine;
    unsigned char key[16];
    struct sv_error err = {0};
    sv_key_put(place->state->key, key);
    return engine->store->drop(engine->store->context, engine->policies[place->state->policy].policy->signature, key, first, last, &err) ||
           sv_engine_fail(engine, &err);
}

struct sv_state_parts sv_engine_parts(struct sv_state_place *place)
{
    return (struct sv_state_parts){place, load_part, put_part, drop_parts};
}

/* --- part 0 --- */

static void pack_state(struct sv_state *state, struct sv_buf *out)
{
    sv_buf_char(out, STATE_VERSION);
    sv_pack_uint(out, state->alarm.phase);
    sv_pack_int(out, state->alarm.since_ns);
    sv_pack_int(out, state->alarm.fired_ns);
    sv_pack_uint(out, state->alarm.suppressed);
    sv_pack_int(out, state->behind_ns);
    sv_pack_text(out, state->text != NULL ? sv_slice_str(state->text) : SV_SLICE(""));
}

/* What the store has, into a state without data; what it has is of another version, or damaged: the key begins anew. */
static void unpack_state(struct sv_engine *engine, struct sv_state *state, struct sv_slice bytes)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    struct sv_unpack in = sv_unpack(bytes);
    bool known = bytes.len > 0 && *in.at++ == STATE_VERSION;
    state->alarm.phase = known ? (uint8_t)sv_unpack_uint(&in) : 0;
    state->alarm.since_ns = sv_unpack_int(&in);
    state->alarm.fired_ns = sv_unpack_int(&in);
    state->alarm.suppressed = (uint32_t)sv_unpack_uint(&in);
    state->behind_ns = sv_unpack_int(&in);
    struct sv_slice text = sv_unpack_text(&in);
    sv_free(state->text);
    state->text = text.len > 0 ? sv_str_dup(text) : NULL;
    state->data = spec->kind->start(spec);
    known &= !in.failed && state->alarm.phase <= SV_ALARM_KEEPING;
    if (known && spec->kind->load(state->data, spec, sv_slice((const char *)in.at, (size_t)(in.end - in.at)), &parts))
        return;
    spec->kind->end(state->data, spec);
    state->data = spec->kind->start(spec);
    sv_alarm_start(&state->alarm);
    state->is_anew = true;
}

/* version 0: it is not there. */
static bool load_state(struct sv_engine *engine, struct sv_state *state, struct sv_buf *bytes, int64_t *version)
{
    unsigned char key[16];
    struct sv_error err = {0};
    sv_key_put(state->key, key);
    return engine->store->load(engine->store->context, engine->policies[state->policy].policy->signature, key, 0, bytes, version, &err) ||
           sv_engine_fail(engine, &err);
}

/* When it is due as it is now, and woken then. */
static void queue(struct sv_engine *engine, struct sv_state *state)
{
    state->due_ns = sv_engine_due(engine, state);
    sv_states_wake(&engine->states, state, sv_time_plus(state->due_ns, engine->policies[state->policy].lateness_ns));
}

/* The state as others have left it. */
static bool take_over(struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    struct sv_buf bytes = {0};
    int64_t version = 0;
    bool fine = load_state(engine, state, &bytes, &version);
    if (fine && (version != state->version || state->data == NULL)) {
        if (state->data != NULL)
            spec->kind->end(state->data, spec);
        state->data = NULL;
        state->is_anew = false;
        state->version = version;
        if (version != 0) {
            unpack_state(engine, state, sv_buf_slice(&bytes));
        } else {
            sv_alarm_start(&state->alarm);
            state->data = spec->kind->start(spec);
        }
        queue(engine, state);
    }
    state->epoch = engine->epoch;
    sv_buf_free(&bytes);
    return fine;
}

bool sv_engine_ready(struct sv_engine *engine, struct sv_state *state)
{
    if (state->data != NULL && (engine->store == NULL || state->dirty_at != 0 || state->epoch == engine->epoch))
        return true;
    return take_over(engine, state);
}

struct sv_state *sv_engine_look_up(struct sv_engine *engine, uint32_t policy, struct sv_key key)
{
    struct sv_state look = {.key = key, .policy = policy};
    struct sv_buf bytes = {0};
    int64_t version = 0;
    if (engine->epoch == 0) /* nobody has written since all keys were read */
        return NULL;
    bool found = load_state(engine, &look, &bytes, &version) && version != 0;
    sv_buf_free(&bytes);
    if (!found)
        return NULL;
    engine->policies[policy].live++;
    return sv_states_add(&engine->states, policy, key);
}

/* --- the sweep --- */

struct sweeping {
    struct sv_engine *engine;
    uint32_t policy;
};

static void take_key(void *to, const unsigned char *bytes, int64_t due_ns)
{
    const struct sweeping *sweeping = to;
    struct sv_engine *engine = sweeping->engine;
    struct sv_engine_policy *policy = &engine->policies[sweeping->policy];
    struct sv_key key = sv_key_get(bytes);
    if (sv_states_find(&engine->states, sweeping->policy, key) != NULL)
        return;
    struct sv_state *state = sv_states_add(&engine->states, sweeping->policy, key);
    state->due_ns = due_ns;
    state->version = 1; /* of what is not loaded yet: there is one */
    policy->live++;
    sv_states_wake(&engine->states, state, sv_time_plus(due_ns, policy->lateness_ns));
}

static bool load_policy(struct sv_engine *engine, struct sv_engine_policy *policy, struct sv_buf *bytes, struct sv_error *err)
{
    int64_t version;
    if (!engine->store->load(engine->store->context, policy->policy->signature, sv_engine_policy_key, 0, bytes, &version, err))
        return false;
    struct sv_unpack in = sv_unpack(sv_buf_slice(bytes));
    policy->is_dirty = version == 0;
    if (version == 0)
        return true;
    sv_unpack_text(&in);
    int64_t full_ns = sv_unpack_int(&in);
    if (!in.failed)
        policy->full_ns = full_ns;
    return true;
}

bool sv_engine_read_id(struct sv_slice bytes, struct sv_slice *id)
{
    struct sv_unpack in = sv_unpack(bytes);
    *id = sv_unpack_text(&in);
    return !in.failed;
}

bool sv_engine_read_clock(struct sv_slice bytes, int64_t *clock_ns)
{
    struct sv_unpack in = sv_unpack(bytes);
    *clock_ns = (int64_t)sv_unpack_fixed(&in);
    return !in.failed;
}

static bool load_clock(struct sv_engine *engine, struct sv_buf *bytes, struct sv_error *err)
{
    int64_t version;
    if (!engine->store->load(engine->store->context, SV_SIGNATURE_CLOCK, sv_engine_clock_key, 0, bytes, &version, err))
        return false;
    int64_t clock_ns;
    if (version != 0 && sv_engine_read_clock(sv_buf_slice(bytes), &clock_ns) && clock_ns > engine->clock_ns)
        engine->clock_ns = clock_ns;
    return true;
}

bool sv_engine_sweep(struct sv_engine *engine)
{
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    engine->is_swept = true;
    if (engine->store == NULL)
        return true;
    bool changed = false, fine = engine->store->changed(engine->store->context, &changed, &err) && load_clock(engine, &bytes, &err);
    engine->epoch += changed && engine->states.count > 0; /* what is held already is looked at once more */
    for (size_t i = 0; i < engine->set->count && fine; i++) {
        struct sv_engine_policy *policy = &engine->policies[i];
        struct sweeping to = {engine, (uint32_t)i};
        if (policy->spec == NULL || policy->is_known)
            continue;
        policy->is_known = true;
        fine = load_policy(engine, policy, &bytes, &err) &&
               engine->store->sweep(engine->store->context, policy->policy->signature, take_key, &to, &err);
    }
    sv_buf_free(&bytes);
    return fine || sv_engine_fail(engine, &err);
}

bool sv_engine_begin(struct sv_engine *engine, struct sv_error *err)
{
    bool changed = false;
    engine->latest_ns = engine->latest_ns == INT64_MAX ? INT64_MAX : sv_os_now_ns();
    if (engine->store == NULL || !engine->is_swept || engine->dirty_count > 0)
        return true;
    if (!engine->store->changed(engine->store->context, &changed, err))
        return false;
    engine->epoch += changed;
    return true;
}

/* --- trees --- */

struct sv_slice sv_engine_parent(struct sv_engine *engine, struct sv_slice agent)
{
    bool is_new;
    struct sv_tree_entry *entry = sv_tree_at(&engine->tree, agent, &is_new);
    if (is_new && engine->store != NULL) {
        unsigned char key[16];
        struct sv_buf bytes = {0};
        int64_t version;
        struct sv_error err = {0};
        sv_key_put(sv_key_of(agent), key);
        if (!engine->store->load(engine->store->context, SV_SIGNATURE_TREE, key, 0, &bytes, &version, &err))
            sv_engine_fail(engine, &err);
        struct sv_unpack in = sv_unpack(sv_buf_slice(&bytes));
        sv_unpack_text(&in);
        struct sv_slice parent = sv_unpack_text(&in);
        if (!in.failed)
            entry->parent = sv_arena_dup(&engine->tree.arena, parent);
        sv_buf_free(&bytes);
    }
    return sv_tree_parent(entry, agent);
}

static bool save_tree(struct sv_engine *engine, struct sv_error *err)
{
    struct sv_tree *tree = &engine->tree;
    bool fine = true;
    for (size_t i = 0; i < tree->parents.count && fine && tree->dirty > 0; i++) {
        const struct sv_tree_entry *entry = tree->parents.items[i].pointer;
        if (!entry->is_dirty)
            continue;
        unsigned char key[16];
        sv_key_put(sv_key_of(tree->parents.items[i].key), key);
        sv_buf_clear(&engine->bytes);
        sv_pack_text(&engine->bytes, tree->parents.items[i].key);
        sv_pack_text(&engine->bytes, entry->parent);
        fine = engine->store->put(engine->store->context, SV_SIGNATURE_TREE, key, 0, sv_tree_until(entry), 1, sv_buf_slice(&engine->bytes), err);
    }
    return fine;
}

/* --- saving --- */

/* Copies of values, in the log; what is no plain one as JSON. Adds to *bytes. */
static struct sv_value *keep_values(struct sv_engine *engine, struct sv_value *values, size_t count, size_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        bool is_plain = values[i].type <= SV_JSON || values[i].type == SV_TIMESTAMP || values[i].type == SV_DURATION;
        if (!is_plain) {
            sv_buf_clear(&engine->text);
            sv_cel_put_json(&engine->text, values[i], &engine->log);
            values[i] = (struct sv_value){.type = SV_JSON, .len = (uint32_t)engine->text.len, .s = engine->text.data};
        }
        if (values[i].type == SV_STRING || values[i].type == SV_JSON) {
            values[i].s = sv_arena_dup(&engine->log, sv_value_raw(values[i])).data;
            *bytes += values[i].len;
        }
    }
    return values;
}

void sv_engine_log(struct sv_engine *engine, struct sv_state *state, const struct sv_touch *touch, const struct sv_value *key)
{
    if (engine->store == NULL)
        return;
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    bool tells_later = spec->tells_resolved || spec->keep_ns > 0 || spec->for_ns > 0; /* of a key that no event names then */
    size_t keys = state->log == NULL && state->text == NULL && tells_later ? spec->by_count : 0, count = spec->argument_count;
    size_t bytes = sizeof(struct sv_state_event) + (count + keys) * sizeof(struct sv_value);
    struct sv_state_event *event = sv_arena_alloc(&engine->log, bytes);
    struct sv_value *values = (struct sv_value *)(event + 1);
    *event = (struct sv_state_event){.before = state->log, .touch = *touch};
    memcpy(values, touch->values, count * sizeof *values);
    event->touch.values = keep_values(engine, values, count, &bytes);
    if (keys > 0) {
        memcpy(values + count, key, keys * sizeof *values);
        event->key = keep_values(engine, values + count, keys, &bytes);
    }
    event->touch.id = sv_arena_dup(&engine->log, touch->id);
    state->log = event;
    engine->held += bytes + touch->id.len;
}

/* Another process has changed it since: its state, and then this batch's events. What they were judged to mean stands. */
static bool redo(struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    struct sv_state_event *events = state->log, *turned = NULL;
    if (!take_over(engine, state))
        return false;
    while (events != NULL) {
        struct sv_state_event *before = events->before;
        events->before = turned;
        turned = events;
        events = before;
    }
    const struct sv_value *key = turned != NULL ? turned->key : NULL;
    for (; turned != NULL; turned = turned->before) {
        struct sv_state_place place = {engine, state};
        struct sv_state_parts parts = sv_engine_parts(&place);
        sv_alarm_look(&state->alarm, spec, spec->kind->touch(state->data, spec, &turned->touch, &parts));
    }
    if (state->text == NULL && key != NULL && state->alarm.phase != SV_ALARM_QUIET)
        sv_report_name(engine, state, key, &engine->log);
    queue(engine, state);
    return !engine->failed;
}

static bool save_state(struct sv_engine *engine, struct sv_state *state, struct sv_error *err)
{
    const struct sv_engine_policy *policy = &engine->policies[state->policy];
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    unsigned char key[16];
    sv_key_put(state->key, key);
    if (state->is_dead)
        return engine->store->drop(engine->store->context, policy->policy->signature, key, 0, UINT32_MAX, err);
    if (state->version != 0 && state->is_anew &&
        !engine->store->drop(engine->store->context, policy->policy->signature, key, 1, UINT32_MAX, err))
        return false;
    sv_buf_clear(&engine->bytes);
    pack_state(state, &engine->bytes);
    if (!policy->spec->kind->save(state->data, policy->spec, &engine->bytes, &parts))
        return false;
    state->version++;
    state->is_anew = false;
    return engine->store->put(engine->store->context, policy->policy->signature, key, 0, state->due_ns, state->version,
                              sv_buf_slice(&engine->bytes), err);
}

/* Is what the store has of it what we made it of? */
static bool is_ours(struct sv_engine *engine, struct sv_state *state, bool *ours)
{
    struct sv_buf bytes = {0};
    int64_t version = 0;
    bool fine = load_state(engine, state, &bytes, &version);
    sv_buf_free(&bytes);
    *ours = version == state->version;
    return fine;
}

/* Is there a reason to keep the policy's id: keys, or that it was told to be full? */
static bool is_to_save(const struct sv_engine_policy *policy)
{
    return policy->is_dirty && (policy->live > 0 || policy->full_ns != INT64_MIN);
}

static bool save_policy(struct sv_engine *engine, const struct sv_engine_policy *policy, struct sv_error *err)
{
    struct sv_buf bytes = {0};
    sv_pack_text(&bytes, policy->policy->id);
    sv_pack_int(&bytes, policy->full_ns);
    bool fine = engine->store->put(engine->store->context, policy->policy->signature, sv_engine_policy_key, 0, INT64_MIN, 1,
                                   sv_buf_slice(&bytes), err);
    sv_buf_free(&bytes);
    return fine;
}

static bool save_clock(struct sv_engine *engine, struct sv_error *err)
{
    struct sv_buf bytes = {0};
    int64_t mine = engine->clock_ns;
    bool fine = load_clock(engine, &bytes, err); /* another may be ahead; it is kept so, and ours stays what it was */
    sv_buf_clear(&bytes);
    sv_pack_fixed(&bytes, (uint64_t)engine->clock_ns);
    engine->clock_ns = mine;
    fine = fine && engine->store->put(engine->store->context, SV_SIGNATURE_CLOCK, sv_engine_clock_key, 0, INT64_MIN, 1, sv_buf_slice(&bytes), err);
    sv_buf_free(&bytes);
    return fine;
}

bool sv_engine_save(struct sv_engine *engine, struct sv_error *err)
{
    bool changed = false, fine = true;
    if (engine->store == NULL || (!sv_engine_is_dirty(engine) && !engine->clock_dirty))
        return true;
    fine = engine->store->changed(engine->store->context, &changed, err);
    engine->epoch += changed;
    for (size_t i = 0; i < engine->dirty_count && fine; i++) {
        struct sv_state *state = engine->dirty[i];
        bool ours = true;
        fine = !changed || is_ours(engine, state, &ours);
        if (fine && !ours && !state->is_dead)
            fine = redo(engine, state);
        fine = fine && (state->is_dead && !ours ? true : save_state(engine, state, err));
        state->epoch = engine->epoch;
    }
    for (size_t i = 0; i < engine->set->count && fine; i++)
        if (is_to_save(&engine->policies[i]))
            fine = save_policy(engine, &engine->policies[i], err);
    fine = fine && save_tree(engine, err) && (!engine->clock_dirty || save_clock(engine, err));
    if (!fine && engine->failed)
        *err = engine->fault;
    return fine;
}

void sv_engine_saved(struct sv_engine *engine)
{
    for (size_t i = 0; i < engine->dirty_count; i++) {
        struct sv_state *state = engine->dirty[i];
        state->dirty_at = 0;
        state->log = NULL;
        if (state->is_dead) {
            sv_states_remove(&engine->states, state);
            sv_free(state);
        }
    }
    for (size_t i = 0; i < engine->set->count; i++)
        engine->policies[i].is_dirty &= !is_to_save(&engine->policies[i]);
    for (size_t i = 0; i < engine->tree.parents.count && engine->tree.dirty > 0; i++)
        ((struct sv_tree_entry *)engine->tree.parents.items[i].pointer)->is_dirty = false;
    engine->tree.dirty = 0;
    engine->dirty_count = 0;
    engine->clock_dirty = engine->full_dirty = false;
    engine->held = 0;
    sv_arena_reset(&engine->log);
}
