/* SPDX-License-Identifier: ISC */
#include "base/map.h"
#include "base/os.h"
#include "base/utf8.h"
#include "event/derive.h"
#include "json/writer.h"
#include "policy/engine.h"
#include "policy/rule.h"

enum {
    SCOPE_CACHE_MAX = 1024,  /* distinct values of one field that are remembered before the cache starts anew */
    SUMMARY_MAX = 200,       /* bytes */
    MESSAGE_MAX = 4096,      /* bytes of a message; what comes behind is cut */
    READ_MAX = 65536,        /* bytes of a long text that a summary or message is made from */
    SIEVE_EVENTS = 64,       /* are matched before a sieve is made */
    TAIL = 256               /* bytes left out where READ_MAX cuts: half a secret no longer looks like one */
};

/* --- scope: a glob is tried once per distinct text, not per event --- */

/* Per distinct text of a field two bits a policy: is it known whether the text is in scope, and is it. */
struct scope_cache {
    struct sv_map texts; /* -> its bits: [words] known, [words] inside */
    struct sv_arena bits;
    uint64_t *last;      /* of the text seen last: agents come in runs */
    struct sv_slice last_text;
};

struct sv_match_state {
    size_t words;
    uint64_t events; /* seen so far */
    uint64_t *candidates;
    struct scope_cache scope[SV_SCOPE_COUNT];
    uint64_t *bits[SV_SCOPE_COUNT]; /* of the current event's texts; NULL until asked for */
};

static void clear_cache(struct scope_cache *cache)
{
    sv_map_free(&cache->texts);
    sv_arena_reset(&cache->bits);
    cache->last = NULL;
}

static uint64_t *find_bits(struct scope_cache *cache, struct sv_slice text, size_t words)
{
    if (cache->last != NULL && sv_slice_equal(cache->last_text, text))
        return cache->last;
    struct sv_map_item *item = sv_map_find(&cache->texts, text);
    if (item == NULL) {
        if (cache->texts.count == SCOPE_CACHE_MAX)
            clear_cache(cache);
        item = sv_map_at(&cache->texts, text);
        item->pointer = sv_arena_calloc(&cache->bits, 2 * words, sizeof *cache->last);
    }
    cache->last = item->pointer;
    cache->last_text = item->key;
    return cache->last;
}

bool sv_globs_match(const struct sv_globs *globs, struct sv_slice text)
{
    for (size_t i = 0; i < globs->count; i++)
        if (sv_slice_glob(globs->items[i], text))
            return true;
    return false;
}

/* A supervisor's policies hold for all that are below. */
static bool is_below(const struct sv_globs *globs, const struct sv_event *event)
{
    for (size_t i = 0; i < event->above_count; i++)
        if (sv_globs_match(globs, event->above[i]))
            return true;
    return false;
}

static bool in_scope(const struct sv_policy_rule *rule, size_t policy, struct sv_match_state *state, struct sv_event *event)
{
    if (!rule->scoped)
        return true;
    size_t word = policy / 64;
    uint64_t bit = UINT64_C(1) << (policy % 64);
    for (int s = 0; s < SV_SCOPE_COUNT; s++) {
        if (rule->scope[s].count == 0)
            continue;
        if (event->slots[sv_scope_fields[s]].type != SV_STRING)
            return false;
        struct sv_slice text = sv_event_text(event, sv_scope_fields[s]);
        if (state->bits[s] == NULL)
            state->bits[s] = find_bits(&state->scope[s], text, state->words);
        uint64_t *known = state->bits[s], *inside = known + state->words;
        if (!(known[word] & bit)) {
            known[word] |= bit;
            if (sv_globs_match(&rule->scope[s], text))
                inside[word] |= bit;
        }
        if (!(inside[word] & bit) && (s != SV_SCOPE_SUPERVISOR || !is_below(&rule->scope[s], event)))
            return false;
    }
    return true;
}

/* --- the condition --- */

/* A value as the text that globs see; false for what has none. */
static bool text_of(struct sv_value *value, struct sv_arena *arena, struct sv_slice *out)
{
    if (value->type == SV_STRING) {
        *out = sv_value_string(value, arena);
        return true;
    }
    if (value->type == SV_ABSENT || value->type == SV_NULL || value->type == SV_ERROR)
        return false;
    struct sv_buf json = {0};
    sv_cel_put_json(&json, *value, arena);
    struct sv_slice text = sv_buf_slice(&json);
    if (text.len >= 2 && text.data[0] == '"') /* times, durations, types: plain text in quotes */
        text = sv_slice(text.data + 1, text.len - 2);
    *out = sv_arena_dup(arena, text);
    sv_buf_free(&json);
    return true;
}

static bool applies(const struct sv_except *except, struct sv_cel_run *run)
{
    enum { ON_STACK = 8 };
    struct sv_slice few[ON_STACK], *texts = few;
    if (except->rows == 0)
        return false;
    if (except->width > ON_STACK)
        texts = sv_arena_alloc(run->arena, except->width * sizeof *texts);
    for (size_t f = 0; f < except->width; f++) {
        struct sv_value value = sv_cel_eval(except->fields[f], run);
        if (!text_of(&value, run->arena, &texts[f]))
            return false;
    }
    for (size_t r = 0; r < except->rows; r++) {
        size_t f = 0;
        while (f < except->width && sv_slice_glob(except->globs[r * except->width + f], texts[f]))
            f++;
        if (f == except->width)
            return true;
    }
    return false;
}

/* An event that lacks a fact of the condition is none of its business, and no error of it either: so that what the index leaves
 * out and what it does not come to the same. */
static bool meets_facts(const struct sv_policy_rule *rule, struct sv_cel_run *run)
{
    for (size_t i = 0; i < rule->fact_count; i++) {
        struct sv_value *slot = &run->slots[rule->facts[i].slot];
        size_t v = 0;
        if (slot->type != SV_STRING)
            return false;
        struct sv_slice text = sv_value_string(slot, run->arena);
        while (v < rule->facts[i].count && !sv_slice_equal(rule->facts[i].values[v], text))
            v++;
        if (v == rule->facts[i].count)
            return false;
    }
    return true;
}

static bool is_excepted(const struct sv_policy_rule *rule, struct sv_cel_run *run)
{
    for (size_t i = 0; i < rule->except_count; i++)
        if (applies(&rule->excepts[i], run))
            return true;
    return false;
}

enum sv_verdict sv_rule_conclude(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value value,
                                 struct sv_value *error)
{
    if (value.type == SV_BOOL) {
        if (!value.b)
            return SV_VERDICT_NO;
        return is_excepted(rule, run) ? SV_VERDICT_EXCEPTED : SV_VERDICT_YES;
    }
    if (value.type == SV_ABSENT)
        return SV_VERDICT_ABSENT;
    if (!meets_facts(rule, run))
        return SV_VERDICT_NO;
    *error = value;
    if (value.type != SV_ERROR) {
        struct sv_slice text = SV_SLICE("the condition is neither true nor false");
        *error = (struct sv_value){.type = SV_ERROR, .len = (uint32_t)text.len, .s = text.data};
    }
    return SV_VERDICT_ERROR;
}

enum sv_verdict sv_rule_judge(const struct sv_policy_rule *rule, struct sv_cel_run *run, struct sv_value *error)
{
    return sv_rule_conclude(rule, run, sv_cel_eval(rule->when, run), error);
}

/* --- hits --- */

/* At most `max` bytes, whole characters. */
static struct sv_slice cut(struct sv_slice text, size_t max)
{
    if (text.len <= max)
        return text;
    size_t len = max;
    while (len > 0 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
        len--;
    return sv_slice(text.data, len);
}

/* Appends the text without its secrets; of a very long one the beginning. */
static void put_redacted(struct sv_matcher *matcher, struct sv_slice text)
{
    struct sv_buf *out = &matcher->scratch;
    size_t before = out->len;
    sv_redact_text(matcher->redactor, out, cut(text, READ_MAX));
    size_t put = out->len - before;
    if (text.len > READ_MAX)
        out->len = before + cut(sv_slice(out->data + before, put), put > TAIL ? put - TAIL : 0).len;
}

/* A copy in the batch, without secrets, at most `max` bytes long. */
static struct sv_slice keep_some(struct sv_matcher *matcher, struct sv_slice text, size_t max)
{
    if (text.len == 0)
        return SV_SLICE("");
    sv_buf_clear(&matcher->scratch);
    put_redacted(matcher, text);
    return sv_arena_dup(matcher->batch, cut(sv_buf_slice(&matcher->scratch), max));
}

static struct sv_slice keep(struct sv_matcher *matcher, struct sv_slice text)
{
    return keep_some(matcher, text, READ_MAX);
}

/* Runs of blanks and controls become one blank, in place. */
static void make_one_line(struct sv_buf *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if (c > 0x20 && c != 0x7F)
            text->data[to++] = (char)c;
        else if (to > 0 && text->data[to - 1] != ' ')
            text->data[to++] = ' ';
    }
    while (to > 0 && text->data[to - 1] == ' ')
        to--;
    text->len = to;
}

/* What the event was, in one line: of a tool what it was called with, of all else what it says. */
static struct sv_slice summary_of(struct sv_matcher *matcher, struct sv_event *event)
{
    static const enum sv_field of_tool[] = {SV_F_COMMAND, SV_F_PATH, SV_F_URL, SV_F_ARGS, SV_F_ERROR, SV_F_RESULT, SV_F_TEXT};
    static const enum sv_field of_other[] = {SV_F_ERROR, SV_F_TEXT, SV_F_SUBJECT, SV_F_NAME, SV_F_MODEL, SV_F_ENTITY_ID};
    bool is_tool = event->slots[SV_F_TOOL].type != SV_ABSENT || event->slots[SV_F_ARGS].type != SV_ABSENT;
    const enum sv_field *fields = is_tool ? of_tool : of_other;
    size_t count = is_tool ? sizeof of_tool / sizeof *of_tool : sizeof of_other / sizeof *of_other;
    if (is_tool) {
        bool wanted[SV_SLOT_FIRST] = {[SV_F_COMMAND] = true, [SV_F_PATH] = true, [SV_F_URL] = true};
        sv_derive_tool_fields(event, wanted);
    }
    sv_buf_clear(&matcher->scratch);
    for (size_t i = 0; i < count && matcher->scratch.len == 0; i++) {
        struct sv_value *value = &event->slots[fields[i]];
        if (value->type == SV_STRING)
            put_redacted(matcher, sv_value_string(value, event->arena));
        else if (value->type == SV_JSON && value->len <= READ_MAX)
            sv_redact_value(matcher->redactor, &matcher->scratch, SV_SLICE(""), *value);
        else if (value->type == SV_JSON)
            put_redacted(matcher, sv_value_raw(*value));
        make_one_line(&matcher->scratch);
    }
    return sv_arena_dup(matcher->batch, cut(sv_buf_slice(&matcher->scratch), SUMMARY_MAX));
}

/* A violation is never lost to its message: what fails or is no text is replaced by the title. */
struct sv_slice sv_match_message(struct sv_matcher *matcher, const struct sv_policy *policy, struct sv_value value)
{
    struct sv_slice text = policy->title;
    if (!text_of(&value, matcher->batch, &text) || text.len == 0)
        text = policy->title;
    return keep_some(matcher, text, MESSAGE_MAX);
}

struct sv_slice sv_match_id(struct sv_matcher *matcher, struct sv_event *event)
{
    return keep(matcher, sv_event_id(event));
}

/* An error that its policy counts as a violation says so itself. */
static void tell_failure(struct sv_hit *hit, struct sv_matcher *matcher, struct sv_value error)
{
    struct sv_slice text = keep_some(matcher, sv_value_raw(error), MESSAGE_MAX);
    struct sv_buf *scratch = &matcher->scratch;
    sv_buf_clear(scratch);
    sv_buf_str(scratch, "the condition failed: ");
    sv_buf_add(scratch, text);
    hit->message = sv_arena_dup(matcher->batch, sv_buf_slice(scratch));
    sv_buf_clear(scratch);
    sv_buf_str(scratch, "{\"error\":");
    sv_json_put_string(scratch, text);
    sv_buf_char(scratch, '}');
    hit->values = sv_arena_dup(matcher->batch, sv_buf_slice(scratch));
}

static struct sv_hit *add_hit(struct sv_hits *hits)
{
    if (hits->count == hits->capacity) {
        hits->capacity = hits->capacity > 0 ? hits->capacity * 2 : 64;
        hits->items = sv_realloc(hits->items, hits->capacity * sizeof *hits->items);
    }
    return &hits->items[hits->count++];
}

/* Hits of one event share what they say about it. */
struct sv_hit *sv_match_hit(struct sv_policies *set, size_t index, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits,
                            size_t first, enum sv_outcome outcome)
{
    struct sv_hit *hit = add_hit(hits);
    if (hits->count - 1 > first) {
        *hit = hits->items[first];
    } else {
        *hit = (struct sv_hit){.place = event->place, .has_time = event->has_time, .time_ns = event->time_ns};
        hit->event = keep(matcher, sv_event_id(event));
        hit->origin = sv_arena_dup(matcher->batch, event->origin);
        hit->agent = keep(matcher, sv_event_text(event, SV_F_AGENT));
        hit->team = keep(matcher, sv_event_text(event, SV_F_TEAM));
        hit->supervisor = keep(matcher, sv_event_text(event, SV_F_SUPERVISOR));
        hit->session = keep(matcher, sv_event_text(event, SV_F_SESSION));
        hit->tool = keep(matcher, sv_event_text(event, SV_F_TOOL));
        hit->summary = summary_of(matcher, event);
    }
    hit->policy = (uint32_t)index;
    hit->outcome = outcome;
    hit->message = hit->keys = hit->values = SV_SLICE("");
    hit->key_number = 0;
    set->items[index].hits += outcome == SV_VIOLATION;
    return hit;
}

struct sv_hit *sv_match_timer_hit(struct sv_policies *set, size_t index, int64_t time_ns, struct sv_hits *hits, enum sv_outcome outcome)
{
    struct sv_hit *hit = add_hit(hits);
    *hit = (struct sv_hit){.place = {.source = SV_NO_SOURCE, .record = (uint64_t)time_ns},
                           .policy = (uint32_t)index,
                           .outcome = outcome,
                           .has_time = true,
                           .time_ns = time_ns};
    set->items[index].hits += outcome == SV_VIOLATION;
    return hit;
}

static void make_hit(struct sv_policies *set, size_t index, struct sv_event *event, struct sv_matcher *matcher,
                     struct sv_hits *hits, size_t first, enum sv_outcome outcome, struct sv_value error)
{
    const struct sv_policy *policy = &set->items[index];
    struct sv_hit *hit = sv_match_hit(set, index, event, matcher, hits, first, outcome);
    if (outcome == SV_VIOLATION && error.type == SV_ERROR)
        tell_failure(hit, matcher, error);
    else if (outcome == SV_VIOLATION)
        hit->message = sv_match_message(matcher, policy, policy->rule->message != NULL ? sv_cel_eval(policy->rule->message, &matcher->run) :
                                                                                          sv_value_of(SV_ABSENT));
    else if (outcome == SV_OUTCOME_ERROR)
        hit->message = keep_some(matcher, sv_value_raw(error), MESSAGE_MAX);
}

void sv_match_failed(struct sv_policies *set, size_t index, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits,
                     size_t first, struct sv_value error)
{
    struct sv_policy *policy = &set->items[index];
    policy->errors++;
    matcher->errors++;
    if (policy->rule->on_error != SV_ON_ERROR_IGNORE)
        make_hit(set, index, event, matcher, hits, first, policy->rule->on_error == SV_ON_ERROR_VIOLATION ? SV_VIOLATION : SV_OUTCOME_ERROR,
                 error);
}

/* --- an event --- */

static struct sv_match_state *state_of(struct sv_matcher *matcher, const struct sv_policies *set)
{
    size_t words = sv_index_words(set->index);
    if (matcher->state == NULL || matcher->state->words != words) {
        sv_matcher_free(matcher);
        matcher->state = sv_calloc(1, sizeof *matcher->state);
        matcher->state->words = words;
        matcher->state->candidates = sv_calloc(words + 1, sizeof *matcher->state->candidates);
    }
    return matcher->state;
}

/* The conditions of a policy with states that an event has met so far: it is told of them all at once. */
struct touched {
    size_t policy;
    uint32_t steps; /* 0: none */
};

static void touch(struct sv_policies *set, struct touched *touched, struct sv_event *event, struct sv_matcher *matcher,
                  struct sv_hits *hits, size_t first)
{
    uint32_t steps = touched->steps;
    const struct sv_policy_rule *rule = steps != 0 ? set->items[touched->policy].rule : NULL;
    touched->steps = 0;
    if (steps == 0 || matcher->engine == NULL)
        return;
    if (rule->kind.kind == &sv_kind_sequence && rule->when != NULL) { /* it goes for every step */
        struct sv_value error;
        enum sv_verdict verdict = sv_rule_judge(rule, &matcher->run, &error);
        if (verdict == SV_VERDICT_ERROR)
            sv_match_failed(set, touched->policy, event, matcher, hits, first, error);
        if (verdict != SV_VERDICT_YES)
            return;
    }
    sv_engine_touch(matcher->engine, touched->policy, steps, event, matcher, hits, first);
}

/* Of several conditions of a policy one stands for it where it is said that it was passed. */
static bool is_first(const struct sv_policies *set, const struct sv_policy_try *try)
{
    return try == set->tries || try[-1].policy != try->policy;
}

/* What a condition came to that is not simply false. An error is counted whatever the policy makes of it. */
static void settle(struct sv_policies *set, const struct sv_policy_try *try, struct sv_value value, struct sv_event *event,
                   struct sv_matcher *matcher, struct sv_hits *hits, size_t first, struct touched *touched)
{
    struct sv_value error = {0};
    size_t index = try->policy;
    struct sv_policy *policy = &set->items[index];
    enum sv_on_error on_error = policy->rule->on_error;
    enum sv_verdict verdict = sv_rule_conclude(policy->rule, &matcher->run, value, &error);
    bool failed = verdict == SV_VERDICT_ERROR;
    policy->errors += failed;
    matcher->errors += failed;
    if (failed && on_error == SV_ON_ERROR_IGNORE)
        return;
    if (failed && on_error == SV_ON_ERROR_VIOLATION)
        verdict = is_excepted(policy->rule, &matcher->run) ? SV_VERDICT_EXCEPTED : SV_VERDICT_YES;
    if (verdict == SV_VERDICT_YES && try->has_state && !failed) {
        touched->policy = index;
        touched->steps |= UINT32_C(1) << try->step;
    } else if (verdict == SV_VERDICT_YES) {
        make_hit(set, index, event, matcher, hits, first, SV_VIOLATION, error);
    } else if (verdict == SV_VERDICT_ERROR) {
        make_hit(set, index, event, matcher, hits, first, SV_OUTCOME_ERROR, error);
    } else if (matcher->passes && is_first(set, try)) {
        make_hit(set, index, event, matcher, hits, first, SV_PASS, error);
    }
}

/* One condition that the event may meet. Nearly all of them end at the first test: it is kept short. */
static inline void try_one(struct sv_policies *set, size_t number, struct sv_event *event, struct sv_matcher *matcher,
                           struct sv_hits *hits, size_t first, struct touched *touched)
{
    const struct sv_policy_try *try = &set->tries[number];
    if (try->scoped && !in_scope(set->items[try->policy].rule, try->policy, matcher->state, event))
        return;
    struct sv_value value;
    if (try->direct.eval != NULL) {
        matcher->run.steps = 0;
        value = try->direct.eval(try->direct.node, &matcher->run);
    } else {
        value = sv_cel_eval(try->when, &matcher->run);
    }
    matcher->judged++;
    matcher->absent += value.type == SV_ABSENT;
    if (touched->steps != 0 && touched->policy != try->policy)
        touch(set, touched, event, matcher, hits, first);
    if ((value.type == SV_ABSENT || (value.type == SV_BOOL && !value.b)) && !matcher->passes)
        return;
    if (matcher->only_asks) {
        matcher->is_met = true;
        return;
    }
    settle(set, try, value, event, matcher, hits, first, touched);
}

/* --all: also those that it cannot concern. */
static void match_all(struct sv_policies *set, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits, size_t first,
                      struct touched *touched)
{
    for (size_t i = 0; i < set->try_count; i++) {
        const struct sv_policy_try *try = &set->tries[i];
        if (matcher->state->candidates[i / 64] >> (i % 64) & 1) {
            try_one(set, i, event, matcher, hits, first, touched);
            continue;
        }
        if (touched->steps != 0 && touched->policy != try->policy)
            touch(set, touched, event, matcher, hits, first);
        if (is_first(set, try) && in_scope(set->items[try->policy].rule, try->policy, matcher->state, event))
            make_hit(set, try->policy, event, matcher, hits, first, SV_PASS, sv_value_of(SV_ABSENT));
    }
}

/* The time between two looks at the clock is one try's, and one look's. What a policy makes of its states is its own. */
static void match_timed(struct sv_policies *set, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits, size_t first,
                        struct touched *touched)
{
    int64_t before_ns = sv_os_monotonic_ns();
    for (size_t i = 0; i < set->try_count; i++) {
        if (!(matcher->state->candidates[i / 64] >> (i % 64) & 1))
            continue;
        struct sv_policy *policy = &set->items[set->tries[i].policy];
        try_one(set, i, event, matcher, hits, first, touched);
        if (i + 1 == set->try_count || set->tries[i + 1].policy != set->tries[i].policy)
            touch(set, touched, event, matcher, hits, first);
        int64_t now_ns = sv_os_monotonic_ns();
        policy->tries++;
        policy->cost_ns += (uint64_t)(now_ns - before_ns);
        before_ns = now_ns;
    }
}

/* Drops candidates that are false; how many. The sieve is made when it is sure to be of use: one event is looked at without. */
static size_t sift(struct sv_policies *set, struct sv_match_state *state, struct sv_cel_run *run)
{
    if (++state->events < SIEVE_EVENTS)
        return 0;
    if (!set->has_sieve) {
        const struct sv_cel **whens = sv_calloc(set->try_count + 1, sizeof(struct sv_cel *));
        for (size_t i = 0; i < set->try_count; i++)
            whens[i] = set->tries[i].scoped ? NULL : set->tries[i].when; /* the scope is asked first */
        set->sieve = sv_sieve_new(whens, set->try_count);
        set->has_sieve = true;
        sv_free(whens);
    }
    return set->sieve != NULL ? sv_sieve_run(set->sieve, run, state->candidates) : 0;
}

size_t sv_policies_match(struct sv_policies *set, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits)
{
    struct sv_match_state *state = state_of(matcher, set);
    size_t before = hits->count;
    struct touched touched = {0};
    if (matcher->engine != NULL)
        sv_engine_see(matcher->engine, event, matcher, hits);
    size_t first = hits->count;
    memset(state->bits, 0, sizeof state->bits);
    matcher->run.slots = event->slots;
    matcher->run.arena = event->arena;
    matcher->run.event = event->number;
    size_t absent = sv_index_find(set->index, event, state->candidates);
    matcher->judged += absent;
    matcher->absent += absent;
    if (!matcher->timed) /* what a policy costs by itself is asked there */
        matcher->judged += sift(set, state, &matcher->run);
    if (matcher->passes)
        match_all(set, event, matcher, hits, first, &touched);
    else if (matcher->timed)
        match_timed(set, event, matcher, hits, first, &touched);
    else
        for (size_t w = 0; w < state->words; w++)
            for (uint64_t bits = state->candidates[w]; bits != 0; bits &= bits - 1)
                try_one(set, w * 64 + (size_t)__builtin_ctzll(bits), event, matcher, hits, first, &touched);
    touch(set, &touched, event, matcher, hits, first);
    return hits->count - before;
}

void sv_matcher_free(struct sv_matcher *matcher)
{
    struct sv_match_state *state = matcher->state;
    if (state != NULL) {
        for (int s = 0; s < SV_SCOPE_COUNT; s++) {
            sv_map_free(&state->scope[s].texts);
            sv_arena_free(&state->scope[s].bits);
        }
        sv_free(state->candidates);
        sv_free(state);
    }
    matcher->state = NULL;
    sv_cel_run_free(&matcher->run);
    sv_buf_free(&matcher->scratch);
}
