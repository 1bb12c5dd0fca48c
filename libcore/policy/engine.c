/* SPDX-License-Identifier: ISC */
#include "policy/engine_private.h"

#include "base/os.h"
#include "policy/samples.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct sv_engine *sv_engine_new(struct sv_policies *set, const struct sv_engine_store *store)
{
    bool has_any = false;
    for (size_t i = 0; i < set->count; i++)
        has_any |= set->items[i].rule->kind.kind != NULL;
    if (!has_any)
        return NULL;
    struct sv_engine *engine = sv_calloc(1, sizeof *engine);
    engine->store = store;
    engine->clock_ns = INT64_MIN;
    engine->latest_ns = sv_os_now_ns();
    engine->slots = sv_calloc(SV_SLOTS, sizeof *engine->slots);
    sv_engine_change(engine, set);
    return engine;
}

static void end_data(const struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    if (state->data != NULL)
        spec->kind->end(state->data, spec);
    state->data = NULL;
}

static void free_state(struct sv_engine *engine, struct sv_state *state)
{
    end_data(engine, state);
    sv_free(state->text);
    sv_free(state);
}

static void free_all(struct sv_engine *engine)
{
    for (size_t i = 0; engine->states.table != NULL && i <= engine->states.mask; i++)
        if (engine->states.table[i] != NULL)
            free_state(engine, engine->states.table[i]);
    sv_states_free(&engine->states);
}

void sv_engine_reset(struct sv_engine *engine)
{
    free_all(engine);
    sv_tree_free(&engine->tree);
    engine->clock_ns = INT64_MIN;
    engine->latest_ns = INT64_MAX;
    for (size_t i = 0; i < engine->set->count; i++) {
        engine->policies[i].live = 0;
        engine->policies[i].full_ns = INT64_MIN;
    }
}

void sv_engine_free(struct sv_engine *engine)
{
    if (engine == NULL)
        return;
    free_all(engine);
    sv_tree_free(&engine->tree);
    sv_free(engine->policies);
    sv_free(engine->dirty);
    sv_free(engine->ready);
    sv_free(engine->slots);
    sv_arena_free(&engine->log);
    sv_buf_free(&engine->bytes);
    sv_buf_free(&engine->text);
    sv_free(engine);
}

/* The number that the policy of this signature has now; the set's count: there is none. */
static size_t find_signature(const struct sv_engine_policy *now, size_t count, uint64_t signature)
{
    size_t to = 0;
    while (to < count && (now[to].spec == NULL || now[to].policy->signature != signature))
        to++;
    return to;
}

/* States go from the old number of their policy to that of the same signature. */
static void carry_over(struct sv_engine *engine, struct sv_engine_policy *now, struct sv_policies *set)
{
    struct sv_states old = engine->states;
    size_t *places = sv_calloc(engine->set->count, sizeof *places);
    for (size_t i = 0; i < engine->set->count; i++)
        places[i] = engine->policies[i].spec != NULL ? find_signature(now, set->count, engine->policies[i].policy->signature) : set->count;
    engine->states = (struct sv_states){0};
    for (size_t i = 0; old.table != NULL && i <= old.mask; i++) {
        struct sv_state *state = old.table[i], *new;
        if (state == NULL)
            continue;
        const struct sv_engine_policy *from = &engine->policies[state->policy];
        size_t to = places[state->policy];
        if (to < set->count) {
            new = sv_states_add(&engine->states, (uint32_t)to, state->key);
            uint32_t at = new->at;
            *new = *state;
            new->policy = (uint32_t)to;
            new->at = at;
            now[to].live++;
            now[to].full_ns = from->full_ns;
            now[to].is_known = from->is_known;
            sv_states_wake(&engine->states, new, sv_time_plus(new->due_ns, now[to].lateness_ns));
            sv_free(state);
        } else {
            free_state(engine, state);
        }
    }
    sv_states_free(&old);
    sv_free(places);
}

void sv_engine_change(struct sv_engine *engine, struct sv_policies *set)
{
    struct sv_engine_policy *now = sv_calloc(set->count, sizeof *now);
    engine->has_tree = false;
    engine->ahead_ns = INT64_MAX;
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        now[i] = (struct sv_engine_policy){.policy = &set->items[i], .lateness_ns = rule->lateness_ns, .full_ns = INT64_MIN};
        now[i].spec = rule->kind.kind != NULL ? &rule->kind : NULL;
        engine->has_tree |= rule->kind.has_tree;
        if (now[i].spec != NULL)
            engine->ahead_ns = least(engine->ahead_ns, rule->max_ahead_ns);
    }
    if (engine->policies != NULL)
        carry_over(engine, now, set);
    sv_free(engine->policies);
    engine->policies = now;
    engine->set = set;
    engine->is_swept = false;
}

bool sv_engine_good(const struct sv_engine *engine, struct sv_error *err)
{
    if (engine->failed && err != NULL)
        *err = engine->fault;
    return !engine->failed;
}

bool sv_engine_fail(struct sv_engine *engine, const struct sv_error *err)
{
    if (!engine->failed)
        engine->fault = *err;
    engine->failed = true;
    return false;
}

size_t sv_engine_keys(const struct sv_engine *engine, uint32_t policy)
{
    size_t live = 0;
    for (size_t i = 0; i < engine->set->count; i++)
        live += policy == UINT32_MAX || policy == i ? engine->policies[i].live : 0;
    return live;
}

bool sv_engine_is_dirty(const struct sv_engine *engine)
{
    return engine->store != NULL && (engine->dirty_count > 0 || engine->tree.dirty > 0 || engine->full_dirty);
}

size_t sv_engine_held(const struct sv_engine *engine)
{
    return engine->held;
}

/* --- a state --- */

void sv_engine_mark(struct sv_engine *engine, struct sv_state *state)
{
    if (state->dirty_at != 0 || engine->store == NULL)
        return;
    if (engine->dirty_count == engine->dirty_room) {
        engine->dirty_room = engine->dirty_room > 0 ? 2 * engine->dirty_room : 64;
        engine->dirty = sv_realloc(engine->dirty, engine->dirty_room * sizeof(struct sv_state *));
    }
    engine->dirty[engine->dirty_count++] = state;
    state->dirty_at = (uint32_t)engine->dirty_count;
}

/* There is nothing to save of it after all. */
static void unmark(struct sv_engine *engine, struct sv_state *state)
{
    if (state->dirty_at == 0)
        return;
    struct sv_state *last = engine->dirty[--engine->dirty_count];
    engine->dirty[state->dirty_at - 1] = last;
    last->dirty_at = state->dirty_at;
    state->dirty_at = 0;
}

void sv_engine_forget(struct sv_engine *engine, struct sv_state *state)
{
    engine->policies[state->policy].live--;
    if (engine->store == NULL || state->version == 0) { /* born and dead since the last batch was saved */
        unmark(engine, state);
        sv_states_remove(&engine->states, state);
        free_state(engine, state);
        return;
    }
    end_data(engine, state);
    sv_free(state->text);
    state->text = NULL;
    state->is_dead = true;
    sv_engine_mark(engine, state);
}

/* When nothing that it holds matters any more. A key whose events come late, as those of a host that sends its logs once an hour, lives
 * by the run clock as long as one whose events come at once. */
static int64_t expiry_of(const struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    int64_t alarm = sv_alarm_expiry(&state->alarm, spec), kind = spec->kind->expiry(state->data, spec);
    int64_t last_ns = alarm > kind ? alarm : kind;
    return last_ns == INT64_MIN ? INT64_MIN : sv_time_plus(last_ns, state->behind_ns);
}

static int64_t kind_due(struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    if (spec->kind->due == NULL)
        return INT64_MAX;
    return spec->kind->due(state->data, spec, state->alarm.phase != SV_ALARM_QUIET, &parts);
}

int64_t sv_engine_due(struct sv_engine *engine, struct sv_state *state)
{
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    return least(least(sv_alarm_due(&state->alarm, spec), expiry_of(engine, state)), kind_due(engine, state));
}

/* False: it holds nothing at all. */
static bool wake_later(struct sv_engine *engine, struct sv_state *state)
{
    state->due_ns = sv_engine_due(engine, state);
    if (state->due_ns == INT64_MIN)
        return false;
    sv_states_wake(&engine->states, state, sv_time_plus(state->due_ns, engine->policies[state->policy].lateness_ns));
    return true;
}

/* What the kind said, into the alarm, and what that says into hits. */
static void conclude(struct sv_report *report, struct sv_state *state, struct sv_look look)
{
    struct sv_engine *engine = report->engine;
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    enum sv_alarm_says says = sv_alarm_look(&state->alarm, spec, look);
    if (state->text == NULL && (spec->kind->names_key || state->alarm.phase != SV_ALARM_QUIET || says == SV_ALARM_FIRES) && report->event != NULL)
        sv_report_name(engine, state, report->key, report->event->arena);
    sv_report_add(report, state, says, look.time_ns);
}

/* --- timers --- */

/* Of two that are due: which is first? Keys by their text; of those without one nothing is told, and they come first. */
static bool is_before(const struct sv_state *a, const struct sv_state *b)
{
    if (a->due_ns != b->due_ns)
        return a->due_ns < b->due_ns;
    if (a->policy != b->policy)
        return a->policy < b->policy;
    bool have_text = a->text != NULL && b->text != NULL;
    int order = have_text ? strcmp(a->text, b->text) : (a->text != NULL) - (b->text != NULL);
    return order != 0 ? order < 0 : a->key.a != b->key.a ? a->key.a < b->key.a : a->key.b < b->key.b;
}

static void push_ready(struct sv_engine *engine, struct sv_state *state)
{
    if (engine->ready_count == engine->ready_room) {
        engine->ready_room = engine->ready_room > 0 ? 2 * engine->ready_room : 64;
        engine->ready = sv_realloc(engine->ready, engine->ready_room * sizeof(struct sv_state *));
    }
    size_t at = engine->ready_count++;
    for (size_t up; at > 0 && is_before(state, engine->ready[up = (at - 1) / 2]); at = up)
        engine->ready[at] = engine->ready[up];
    engine->ready[at] = state;
}

static struct sv_state *pop_ready(struct sv_engine *engine)
{
    struct sv_state *first = engine->ready[0], *last = engine->ready[--engine->ready_count];
    size_t at = 0;
    for (size_t kid; (kid = 2 * at + 1) < engine->ready_count; at = kid) {
        kid += kid + 1 < engine->ready_count && is_before(engine->ready[kid + 1], engine->ready[kid]);
        if (!is_before(engine->ready[kid], last))
            break;
        engine->ready[at] = engine->ready[kid];
    }
    engine->ready[at] = last;
    return first;
}

/* One thing that is due; false when the state is gone. */
static bool fire(struct sv_report *report, struct sv_state *state)
{
    struct sv_engine *engine = report->engine;
    const struct sv_kind_spec *spec = engine->policies[state->policy].spec;
    int64_t due = state->due_ns;
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    sv_engine_mark(engine, state);
    if (kind_due(engine, state) == due) { /* before the alarm: what ends now has not held for so long */
        struct sv_look look = spec->kind->timer(state->data, spec, due, &parts);
        conclude(report, state, look);
        if (look.then_forget) {
            sv_engine_forget(engine, state);
            return false;
        }
    } else if (sv_alarm_due(&state->alarm, spec) == due) {
        sv_report_add(report, state, sv_alarm_timer(&state->alarm, spec, due), due);
    } else {
        sv_engine_forget(engine, state);
        return false;
    }
    return true;
}

/* Those that the clock has passed come to be ready; one that is due later after all is queued again. */
static void gather(struct sv_engine *engine)
{
    struct sv_state *state;
    while (!engine->failed && (state = sv_states_pop(&engine->states, engine->clock_ns)) != NULL) {
        if (state->is_dead || !sv_engine_ready(engine, state))
            continue;
        sv_states_rest(&engine->states, state); /* one that was loaded has been queued by that */
        state->due_ns = sv_engine_due(engine, state);
        if (sv_time_plus(state->due_ns, engine->policies[state->policy].lateness_ns) < engine->clock_ns)
            push_ready(engine, state);
        else
            wake_later(engine, state);
    }
}

static void fire_all(struct sv_report *report)
{
    struct sv_engine *engine = report->engine;
    gather(engine);
    while (!engine->failed && engine->ready_count > 0) {
        struct sv_state *state = pop_ready(engine);
        if (fire(report, state) && !wake_later(engine, state))
            sv_engine_forget(engine, state);
        gather(engine);
    }
}

void sv_engine_clock(struct sv_engine *engine, int64_t time_ns, struct sv_matcher *matcher, struct sv_hits *hits)
{
    if (!engine->is_swept && !sv_engine_sweep(engine))
        return;
    if (time_ns > engine->clock_ns) {
        engine->clock_ns = time_ns;
        engine->clock_dirty = true;
    }
    if (sv_states_next(&engine->states) >= engine->clock_ns)
        return;
    struct sv_report report = {.engine = engine, .matcher = matcher, .hits = hits};
    fire_all(&report);
}

int64_t sv_engine_next(struct sv_engine *engine)
{
    return engine->is_swept || sv_engine_sweep(engine) ? sv_states_next(&engine->states) : INT64_MAX;
}

/* --- events --- */

/* What was recorded with a clock that is too far ahead of this machine's has no time. */
static bool is_near(const struct sv_engine *engine, int64_t time_ns, int64_t ahead_ns)
{
    return engine->latest_ns == INT64_MAX || time_ns <= sv_time_plus(engine->latest_ns, ahead_ns);
}

void sv_engine_time(struct sv_engine *engine, int64_t time_ns, struct sv_matcher *matcher, struct sv_hits *hits)
{
    if (is_near(engine, time_ns, engine->ahead_ns))
        sv_engine_clock(engine, time_ns, matcher, hits);
}

void sv_engine_see(struct sv_engine *engine, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits)
{
    if (event->has_time)
        sv_engine_time(engine, event->time_ns, matcher, hits);
    bool tells_parent = engine->has_tree && event->slots[SV_F_PARENT_AGENT].type == SV_STRING && event->slots[SV_F_AGENT].type == SV_STRING;
    if (tells_parent && (engine->is_swept || sv_engine_sweep(engine))) /* the clock is known then, if the store knows it */
        sv_tree_set(&engine->tree, sv_event_text(event, SV_F_AGENT), sv_event_text(event, SV_F_PARENT_AGENT), engine->clock_ns);
}

/* The state of a key, begun where there is none; NULL: no room for one more, or the store failed. */
static struct sv_state *state_of(struct sv_report *report, uint32_t number, struct sv_key key, int64_t time_ns)
{
    struct sv_engine *engine = report->engine;
    struct sv_engine_policy *policy = &engine->policies[number];
    struct sv_state *state = sv_states_find(&engine->states, number, key);
    if (state == NULL && engine->store != NULL)
        state = sv_engine_look_up(engine, number, key);
    if (engine->failed)
        return NULL;
    if (state != NULL && !state->is_dead)
        return sv_engine_ready(engine, state) ? state : NULL;
    if (policy->live >= policy->policy->rule->max_keys) {
        policy->policy->full++;
        sv_report_full(report, number, time_ns);
        return NULL;
    }
    if (state == NULL) {
        state = sv_states_add(&engine->states, number, key);
        state->epoch = engine->epoch;
    } else { /* it comes again before the store knows that it was forgotten */
        state->is_dead = false;
        state->is_anew = true;
        sv_alarm_start(&state->alarm);
    }
    state->data = policy->spec->kind->start(policy->spec);
    policy->live++;
    return state;
}

static void touch_key(struct sv_report *report, uint32_t number, const struct sv_touch *touch)
{
    struct sv_engine *engine = report->engine;
    struct sv_engine_policy *policy = &engine->policies[number];
    struct sv_state *state = state_of(report, number, sv_key_of(sv_buf_slice(&engine->bytes)), touch->time_ns);
    if (state == NULL)
        return;
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    struct sv_look look = policy->spec->kind->touch(state->data, policy->spec, touch, &parts);
    if (look.is == SV_LOOK_LATE) {
        policy->policy->late++;
        wake_later(engine, state);
        return;
    }
    policy->policy->evicted += look.evicted;
    state->behind_ns = engine->clock_ns > touch->time_ns ? sv_time_plus(engine->clock_ns, -touch->time_ns) : 0;
    sv_engine_mark(engine, state);
    conclude(report, state, look);
    sv_engine_log(engine, state, touch, report->key);
    if (look.then_forget || !wake_later(engine, state))
        sv_engine_forget(engine, state);
}

/* The values of `by`; false: one is absent, or fails. */
static bool key_of(struct sv_report *report, const struct sv_engine_policy *policy, size_t index, struct sv_value *key)
{
    struct sv_matcher *matcher = report->matcher;
    for (size_t i = 0; i < policy->spec->by_count; i++) {
        key[i] = sv_cel_eval(policy->spec->by[i].of, &matcher->run);
        bool is_odd = policy->spec->by[i].is_tree && key[i].type != SV_STRING;
        if (key[i].type == SV_ERROR) {
            sv_match_failed(report->engine->set, index, report->event, matcher, report->hits, report->first, key[i]);
            return false;
        }
        if (key[i].type == SV_ABSENT || key[i].type == SV_NULL || is_odd) {
            policy->policy->keyless++;
            return false;
        }
        if (key[i].type == SV_STRING)
            sv_value_string(&key[i], report->event->arena);
    }
    return true;
}

/* What the kind is told of the event; what fails is told, and absent. */
static void arguments_of(struct sv_report *report, const struct sv_engine_policy *policy, size_t index, struct sv_value *values)
{
    struct sv_matcher *matcher = report->matcher;
    struct sv_arena *arena = report->event->arena;
    for (size_t i = 0; i < policy->spec->argument_count; i++) {
        const struct sv_argument_spec *argument = &policy->spec->arguments[i];
        struct sv_value value = sv_cel_eval(argument->of, &matcher->run);
        if (value.type == SV_ERROR) {
            sv_match_failed(report->engine->set, index, report->event, matcher, report->hits, report->first, value);
            value = sv_value_of(SV_ABSENT);
        } else if (argument->is_hashed && value.type != SV_ABSENT && value.type != SV_NULL) {
            value = sv_value_int((int64_t)sv_key_hash(value, &report->engine->text, arena));
        } else if (value.type == SV_STRING) {
            sv_value_string(&value, arena);
        }
        values[i] = sv_sample_value(value);
    }
}

static void put_key(struct sv_engine *engine, const struct sv_value *key, size_t count, struct sv_arena *arena)
{
    sv_buf_clear(&engine->bytes);
    for (size_t i = 0; i < count; i++)
        sv_key_add(&engine->bytes, key[i], arena);
}

/* Each of the agents from the one that acts to the root of its tree has a key of its own. */
static void touch_tree(struct sv_report *report, uint32_t number, struct sv_value *key, const struct sv_touch *touch)
{
    struct sv_engine *engine = report->engine;
    const struct sv_kind_spec *spec = engine->policies[number].spec;
    struct sv_slice chain[SV_TREE_DEPTH_MAX];
    size_t tree = 0, count = 0;
    while (!spec->by[tree].is_tree)
        tree++;
    for (struct sv_slice agent = sv_value_raw(key[tree]); agent.len > 0 && count < SV_TREE_DEPTH_MAX;) {
        bool is_there = false;
        for (size_t i = 0; i < count; i++)
            is_there |= sv_slice_equal(chain[i], agent);
        if (is_there)
            break; /* somebody's child is its ancestor */
        chain[count++] = agent;
        agent = sv_engine_parent(engine, agent);
    }
    report->chain = chain;
    for (size_t i = 0; i < count; i++) {
        key[tree] = sv_value_str(chain[i]);
        report->chain_count = i + 1;
        report->key_number = (uint32_t)i;
        put_key(engine, key, spec->by_count, report->event->arena);
        touch_key(report, number, touch);
    }
    report->chain = NULL;
}

void sv_engine_touch(struct sv_engine *engine, size_t index, uint32_t steps, struct sv_event *event, struct sv_matcher *matcher,
                     struct sv_hits *hits, size_t first)
{
    struct sv_engine_policy *policy = &engine->policies[index];
    struct sv_value key[SV_BY_MAX], values[SV_ARGUMENTS_MAX];
    struct sv_report report = {.engine = engine, .matcher = matcher, .hits = hits, .first = first, .event = event, .key = key};
    bool has_time = event->has_time && is_near(engine, event->time_ns, policy->policy->rule->max_ahead_ns);
    engine->redactor = matcher->redactor;
    if (!has_time && policy->spec->kind->needs_time) {
        policy->policy->no_clock++;
        return;
    }
    if ((!engine->is_swept && !sv_engine_sweep(engine)) || !key_of(&report, policy, index, key))
        return;
    arguments_of(&report, policy, index, values);
    int64_t clock_ns = engine->clock_ns != INT64_MIN ? engine->clock_ns : 0;
    struct sv_touch touch = {.time_ns = has_time ? event->time_ns : clock_ns, .steps = steps, .values = values};
    if (policy->spec->kind->wants_id)
        touch.id = sv_match_id(matcher, event);
    if (policy->spec->has_tree) {
        touch_tree(&report, (uint32_t)index, key, &touch);
        return;
    }
    put_key(engine, key, policy->spec->by_count, event->arena);
    touch_key(&report, (uint32_t)index, &touch);
}
