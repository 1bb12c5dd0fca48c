/* SPDX-License-Identifier: ISC */
/* From a policy's keys to its kind: which one it is, and all that the kind needs to know. */
#include "json/writer.h"
#include "policy/calendar.h"
#include "policy/rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define bit(key) (UINT64_C(1) << (key))

/* What each kind's own key is, what may stand beside it, and what must. */
static const struct kind_keys {
    const struct sv_kind *kind;
    int key;
    uint64_t may, must;
    int64_t realert_ns;
} kinds[] = {
    {&sv_kind_window, SV_K_WINDOW, bit(SV_K_BY) | bit(SV_K_HAVING) | bit(SV_K_TZ) | bit(SV_K_REALERT) | bit(SV_K_FOR) | bit(SV_K_KEEP) | bit(SV_K_RESOLVED),
     bit(SV_K_HAVING), 300 * SV_SECOND_NS},
    {&sv_kind_absent, SV_K_ABSENT, bit(SV_K_BY) | bit(SV_K_UNTIL), bit(SV_K_BY), 0},
    {&sv_kind_sequence, SV_K_SEQUENCE, bit(SV_K_BY) | bit(SV_K_WITHIN) | bit(SV_K_REALERT), bit(SV_K_WITHIN), 0},
    {&sv_kind_loop, SV_K_LOOP, bit(SV_K_BY) | bit(SV_K_REALERT) | bit(SV_K_RESOLVED) | bit(SV_K_KEEP), bit(SV_K_BY), 300 * SV_SECOND_NS},
    {&sv_kind_limit, SV_K_LIMIT, bit(SV_K_BY) | bit(SV_K_BURST) | bit(SV_K_REALERT) | bit(SV_K_RESOLVED) | bit(SV_K_KEEP), 0, 0},
    {&sv_kind_new, SV_K_NEW, bit(SV_K_BY) | bit(SV_K_LEARN) | bit(SV_K_REALERT), 0, 0},
};
static const struct kind_keys plain = {&sv_kind_each, SV_K_COUNT, bit(SV_K_BY) | bit(SV_K_REALERT), 0, 0};

/* All keys that have to do with kinds. */
#define KIND_KEYS (~(bit(SV_K_BY) - 1) & (bit(SV_K_COUNT) - 1))

static uint64_t keys_of(const struct sv_draft *d)
{
    uint64_t keys = 0;
    for (int k = 0; k < SV_K_COUNT; k++)
        keys |= d->key[k] != NULL ? bit(k) : 0;
    return keys;
}

bool sv_kind_is_named(const struct sv_draft *d)
{
    return (keys_of(d) & KIND_KEYS) != 0;
}

static void find(struct sv_draft *d, const struct sv_yaml_node *at, const char *text)
{
    sv_yaml_find_node(d->file->findings, at->missing ? d->map : at, "%s", text);
}

/* The kind whose key is there; NULL with a finding when there are two. */
static const struct kind_keys *which(struct sv_draft *d)
{
    const struct kind_keys *found = NULL;
    for (const struct sv_yaml_node *key = d->map->first; key != NULL; key = key->next)
        for (size_t i = 0; i < COUNT(kinds); i++) {
            if (d->key[kinds[i].key] != key)
                continue;
            if (found != NULL) {
                sv_yaml_find_node(d->file->findings, key, "a policy has one kind: this one is \"%s\" already", sv_policy_keys[found->key]);
                return NULL;
            }
            found = &kinds[i];
        }
    return found != NULL ? found : &plain;
}

/* Keys that do not go with this kind, and such that must. */
static bool check_keys(struct sv_draft *d, const struct kind_keys *kind)
{
    bool good = true;
    for (int k = SV_K_BY; k < SV_K_COUNT; k++) {
        bool known = k == kind->key || (kind->may & bit(k)) != 0;
        if (d->key[k] == NULL || known)
            continue;
        struct sv_buf with = {0};
        for (size_t i = 0; i < COUNT(kinds); i++)
            if (kinds[i].may & bit(k))
                sv_buf_printf(&with, "%s\"%s\"", with.len > 0 ? " or " : "", sv_policy_keys[kinds[i].key]);
        sv_yaml_find_node(d->file->findings, d->key[k], "\"%s\" goes with %s", sv_policy_keys[k], sv_buf_cstr(&with));
        sv_buf_free(&with);
        good = false;
    }
    for (int k = SV_K_BY; k < SV_K_COUNT; k++)
        if ((kind->must & bit(k)) != 0 && d->key[k] == NULL) {
            sv_yaml_find_node(d->file->findings, d->key[kind->key], "\"%s\" needs \"%s\" beside it", sv_policy_keys[kind->key], sv_policy_keys[k]);
            good = false;
        }
    return good;
}

/* --- by --- */

/* The inside of tree(x). */
static bool is_tree(struct sv_slice text, struct sv_slice *inside, uint32_t *base)
{
    struct sv_slice trimmed = sv_slice_trim(text);
    if (!sv_slice_starts(trimmed, SV_SLICE("tree(")) || trimmed.data[trimmed.len - 1] != ')')
        return false;
    *inside = sv_slice(trimmed.data + 5, trimmed.len - 6);
    *base = (uint32_t)(inside->data - text.data);
    return true;
}

static void take_part(struct sv_draft *d, const struct sv_yaml_node *key, const struct sv_yaml_node *item)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    struct sv_slice text = item->text;
    uint32_t base = 0;
    if (item->kind != SV_YAML_SCALAR || sv_slice_trim(item->text).len == 0) {
        sv_draft_must_be(d->file, key, "an expression or a list of expressions");
        return;
    }
    if (spec->by_count == SV_BY_MAX) {
        sv_yaml_find_node(d->file->findings, item, "a key has at most %d parts", SV_BY_MAX);
        return;
    }
    struct sv_key_part *part = &spec->by[spec->by_count];
    part->is_tree = is_tree(item->text, &text, &base);
    if (part->is_tree && spec->has_tree)
        find(d, item, "a key has one tree");
    part->of = sv_draft_compile(d, d->env, item, text, base, part->is_tree ? SV_CEL_STRING : SV_CEL_DYN, "");
    part->text = sv_slice_trim(text);
    part->field = sv_field_find(part->text);
    spec->has_tree |= part->is_tree;
    spec->by_count += part->of != NULL;
    if (part->is_tree)
        d->file->set->schema->used[SV_F_AGENT] = d->file->set->schema->used[SV_F_PARENT_AGENT] = true;
}

static void take_by(struct sv_draft *d)
{
    const struct sv_yaml_node *key = d->key[SV_K_BY];
    if (key == NULL)
        return;
    if (key->value->kind == SV_YAML_MAP || key->value->missing) {
        sv_draft_must_be(d->file, key, "an expression or a list of expressions");
        return;
    }
    const struct sv_yaml_node *item = key->value->kind == SV_YAML_LIST ? key->value->first : key->value;
    for (; item != NULL; item = key->value->kind == SV_YAML_LIST ? item->next : NULL)
        take_part(d, key, item);
}

/* --- aggregates --- */

static const struct {
    const char *name;
    enum sv_aggregate_op op;
} aggregates[] = {{"sum", SV_AGG_SUM},     {"avg", SV_AGG_AVG},   {"min", SV_AGG_MIN},           {"max", SV_AGG_MAX},    {"first", SV_AGG_FIRST},
                  {"last", SV_AGG_LAST},   {"share", SV_AGG_SHARE}, {"distinct", SV_AGG_DISTINCT}, {"rate", SV_AGG_RATE}};

static bool find_aggregate(struct sv_slice name, enum sv_aggregate_op *op, uint8_t *percent)
{
    for (size_t i = 0; i < COUNT(aggregates); i++)
        if (sv_slice_is(name, aggregates[i].name)) {
            *op = aggregates[i].op;
            return true;
        }
    if (name.len < 2 || name.len > 3 || name.data[0] != 'p')
        return false;
    unsigned p = 0;
    for (size_t i = 1; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        p = p * 10 + (unsigned)(name.data[i] - '0');
    }
    *op = SV_AGG_PERCENTILE;
    *percent = (uint8_t)p;
    return p > 0;
}

static bool knows(struct sv_slice name)
{
    enum sv_aggregate_op op;
    uint8_t percent;
    return find_aggregate(name, &op, &percent);
}

static bool knows_none(struct sv_slice name)
{
    (void)name;
    return false;
}

static bool is_number(enum sv_cel_type type)
{
    return type == SV_CEL_INT || type == SV_CEL_UINT || type == SV_CEL_DOUBLE || type == SV_CEL_DYN;
}

/* The argument's place among those of the policy. */
static bool want_argument(struct sv_kind_spec *spec, const struct sv_cel *of, struct sv_slice text, bool is_hashed, uint32_t *out)
{
    for (*out = 0; *out < spec->argument_count; ++*out)
        if (spec->arguments[*out].is_hashed == is_hashed && sv_slice_equal(spec->arguments[*out].text, text))
            return true;
    if (spec->argument_count == SV_ARGUMENTS_MAX)
        return false;
    spec->arguments[spec->argument_count++] = (struct sv_argument_spec){.of = of, .text = text, .is_hashed = is_hashed};
    return true;
}

/* What a rate is per: a constant duration, or a text that says one. */
static bool take_per(const struct sv_cel *of, struct sv_arena *arena, int64_t *ns)
{
    if (!sv_cel_is_constant(of))
        return false;
    struct sv_value value = sv_cel_constant(of, arena);
    if (value.type == SV_DURATION)
        *ns = value.i;
    else if (value.type != SV_STRING || !sv_duration_parse(sv_value_raw(value), ns))
        return false;
    return *ns > 0;
}

/* The type of an aggregate's value; false where its argument is of a wrong one. */
static bool type_of(enum sv_aggregate_op op, enum sv_cel_type *type, const char **why)
{
    switch (op) {
    case SV_AGG_SUM:
    case SV_AGG_MIN:
    case SV_AGG_MAX:
    case SV_AGG_AVG:
    case SV_AGG_PERCENTILE:
        if (!is_number(*type)) {
            *why = "numbers are wanted";
            return false;
        }
        *type = op == SV_AGG_AVG || op == SV_AGG_PERCENTILE ? SV_CEL_DOUBLE : *type == SV_CEL_UINT ? SV_CEL_DYN : *type;
        return true;
    case SV_AGG_SHARE:
        if (*type != SV_CEL_BOOL && *type != SV_CEL_DYN) {
            *why = "a condition is wanted";
            return false;
        }
        *type = SV_CEL_DOUBLE;
        return true;
    case SV_AGG_RATE:
        *type = SV_CEL_DOUBLE;
        return true;
    case SV_AGG_DISTINCT:
        *type = SV_CEL_INT;
        return true;
    case SV_AGG_FIRST:
    case SV_AGG_LAST:
        return true;
    }
    return true;
}

static void want_for(struct sv_argument_spec *argument, enum sv_aggregate_op op)
{
    argument->wants_sum |= op == SV_AGG_SUM || op == SV_AGG_AVG;
    argument->wants_extremes |= op == SV_AGG_MIN || op == SV_AGG_MAX;
    argument->wants_order |= op == SV_AGG_PERCENTILE;
    argument->wants_distinct |= op == SV_AGG_DISTINCT;
    argument->wants_share |= op == SV_AGG_SHARE;
    argument->wants_ends |= op == SV_AGG_FIRST || op == SV_AGG_LAST;
}

static uint32_t on_aggregate(void *context, const struct sv_cel_aggregate *a, enum sv_cel_type *type, const char **why)
{
    struct sv_draft *d = context;
    struct sv_kind_spec *spec = &d->rule->kind;
    struct sv_aggregate_spec one = {.is_prev = a->is_prev, .is_double = *type == SV_CEL_DOUBLE};
    find_aggregate(a->name, &one.op, &one.percent);
    if (!type_of(one.op, type, why))
        return SV_NO_SLOT;
    if (one.op == SV_AGG_RATE && (!take_per(a->of, &d->file->set->arena, &one.per_ns) || spec->calendar != SV_SLIDING)) {
        *why = spec->calendar != SV_SLIDING ? "a window of the calendar is not of one length" : "a duration such as \"1m\" is wanted";
        return SV_NO_SLOT;
    }
    one.name = sv_arena_printf(&d->file->set->arena, "%s%.*s(%.*s)", a->is_prev ? "prev." : "", SV_ARG(a->name), SV_ARG(a->text));
    for (size_t i = 0; i < spec->aggregate_count; i++)
        if (sv_slice_equal(spec->aggregates[i].name, one.name))
            return (uint32_t)(SV_SLOT_AGGREGATES + i);
    if (spec->aggregate_count == SV_AGGREGATES_MAX ||
        (one.op != SV_AGG_RATE && !want_argument(spec, a->of, a->text, one.op == SV_AGG_DISTINCT, &one.argument))) {
        *why = "this policy has too many aggregates";
        return SV_NO_SLOT;
    }
    if (one.op != SV_AGG_RATE)
        want_for(&spec->arguments[one.argument], one.op);
    spec->has_prev |= a->is_prev;
    spec->aggregates[spec->aggregate_count] = one;
    return (uint32_t)(SV_SLOT_AGGREGATES + spec->aggregate_count++);
}

static uint32_t on_capture(void *context, const struct sv_cel *of, struct sv_slice text)
{
    struct sv_kind_spec *spec = &((struct sv_draft *)context)->rule->kind;
    size_t i = 0;
    while (i < spec->capture_count && !sv_slice_equal(spec->captures[i].text, text))
        i++;
    if (i == SV_CAPTURES_MAX)
        i--; /* a message that reads more than that has its last ones alike */
    else if (i == spec->capture_count)
        spec->captures[spec->capture_count++] = (struct sv_argument_spec){.of = of, .text = text};
    return (uint32_t)(SV_SLOT_CAPTURES + i);
}

/* `having` and `message` are read with what stands for many events. */
static void take_over(struct sv_draft *d)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    bool is_window = spec->kind == &sv_kind_window, reads_prev = false;
    struct sv_cel_over over = {is_window ? knows : knows_none, on_aggregate, NULL, d};
    struct sv_cel_env *env = sv_cel_env_new(d->env, NULL, &d->file->set->arena);
    sv_cel_env_over(env, &over);
    if (is_window) {
        sv_cel_env_slot(env, SV_SLICE("count"), SV_SLOT_COUNT, SV_CEL_INT, NULL);
        sv_cel_env_slot(env, SV_SLICE("prev.count"), SV_SLOT_PREV_COUNT, SV_CEL_INT, &reads_prev);
        spec->having = sv_draft_expression(d, env, SV_K_HAVING, SV_CEL_BOOL, "");
        spec->having_count = spec->aggregate_count;
        if (spec->having != NULL)
            spec->having_direct = sv_cel_direct(spec->having);
    }
    over.capture = on_capture;
    sv_cel_env_slot(env, SV_SLICE("values"), SV_SLOT_VALUES, SV_CEL_DYN, NULL);
    sv_cel_env_slot(env, SV_SLICE("key"), SV_SLOT_KEY, SV_CEL_DYN, NULL);
    spec->message = sv_draft_expression(d, env, SV_K_MESSAGE, SV_CEL_DYN, SV_MESSAGE_HINT);
    spec->has_prev |= reads_prev;
    sv_cel_env_over(env, NULL);
}

/* --- the kinds' own keys --- */

static bool take_span(struct sv_draft *d, int k, int64_t *out)
{
    if (d->key[k] == NULL || !sv_draft_duration(d->file, d->key[k], out))
        return false;
    if (*out > 0)
        return true;
    sv_yaml_find_node(d->file->findings, d->key[k]->value, "\"%s\" must be longer than zero", sv_policy_keys[k]);
    return false;
}

static void take_zone(struct sv_draft *d)
{
    const struct sv_yaml_node *key = d->key[SV_K_TZ];
    if (key == NULL)
        return;
    if (d->rule->kind.calendar == SV_SLIDING) {
        find(d, key, "\"tz\" goes with a window of the calendar: hour, day, week or month");
        return;
    }
    if (key->value->kind != SV_YAML_SCALAR || key->value->text.len == 0) {
        sv_draft_must_be(d->file, key, "a time zone such as Europe/Berlin");
        return;
    }
    struct sv_map_item *item = sv_map_at(&d->file->set->zones, key->value->text);
    if (item->pointer == NULL)
        item->pointer = sv_zone_new(key->value->text);
    d->rule->kind.zone = item->pointer;
    if (item->pointer == NULL)
        sv_yaml_find_node(d->file->findings, key->value, "unknown time zone \"%.*s\"", SV_ARG(key->value->text));
}

static void take_window(struct sv_draft *d)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    const struct sv_yaml_node *key = d->key[SV_K_WINDOW];
    int64_t ns;
    spec->calendar = key->value->kind == SV_YAML_SCALAR ? sv_calendar_find(key->value->text) : SV_SLIDING;
    if (spec->calendar == SV_SLIDING && (key->value->kind != SV_YAML_SCALAR || !sv_duration_parse(key->value->text, &ns) || ns < 0))
        sv_draft_must_be(d->file, key, "a duration such as 60s or 24h, or hour, day, week or month");
    else if (spec->calendar == SV_SLIDING)
        take_span(d, SV_K_WINDOW, &spec->span_ns);
    take_zone(d);
}

static void add_step(struct sv_draft *d, const struct sv_yaml_node *node, bool is_not)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    struct sv_policy_step *step = &spec->steps[spec->step_count];
    if (spec->step_count == SV_STEPS_MAX) {
        sv_yaml_find_node(d->file->findings, node, "a sequence has at most %d steps", SV_STEPS_MAX);
        return;
    }
    step->is_not = is_not;
    step->text = sv_slice_trim(node->text);
    step->when = sv_draft_compile(d, d->env, node, node->text, 0, SV_CEL_BOOL, "");
    if (step->when == NULL)
        return;
    step->fact_count = sv_draft_facts(d, step->when, &step->facts);
    spec->step_count++;
}

static void take_until(struct sv_draft *d)
{
    const struct sv_yaml_node *key = d->key[SV_K_UNTIL];
    if (key == NULL)
        return;
    if (key->value->kind != SV_YAML_SCALAR || sv_slice_trim(key->value->text).len == 0)
        sv_draft_must_be(d->file, key, "an expression");
    else
        add_step(d, key->value, false);
}

static void take_step(struct sv_draft *d, const struct sv_yaml_node *item)
{
    const struct sv_yaml_node *key = item->kind == SV_YAML_MAP ? item->first : NULL;
    bool is_when = key != NULL && sv_slice_is(key->text, "when"), is_not = key != NULL && sv_slice_is(key->text, "not");
    if (key == NULL || key->next != NULL || !(is_when || is_not) || key->value->kind != SV_YAML_SCALAR || key->value->text.len == 0)
        sv_yaml_find_node(d->file->findings, item, "a step is {when: expression} or {not: expression}");
    else
        add_step(d, key->value, is_not);
}

static void take_sequence(struct sv_draft *d)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    const struct sv_yaml_node *value = d->key[SV_K_SEQUENCE]->value;
    size_t before = d->file->findings->count, positives = 0;
    take_span(d, SV_K_WITHIN, &spec->span_ns);
    if (value->kind != SV_YAML_LIST) {
        sv_draft_must_be(d->file, d->key[SV_K_SEQUENCE], "a list of steps, each {when: expression} or {not: expression}");
        return;
    }
    for (const struct sv_yaml_node *item = value->first; item != NULL; item = item->next)
        take_step(d, item);
    for (size_t i = 0; i < spec->step_count; i++)
        positives += !spec->steps[i].is_not;
    if (d->file->findings->count > before)
        return;
    if (spec->step_count < 2 || positives == 0)
        find(d, value->missing ? d->key[SV_K_SEQUENCE] : value, "a sequence has at least two steps, one of them with \"when\"");
    else if (spec->steps[0].is_not)
        find(d, value->first, "a sequence begins with a \"when\"");
}

/* An expression of the kind's own, which no file has written. */
static void ask(struct sv_draft *d, const char *text, bool is_hashed)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    struct sv_cel_problems problems = {0};
    spec->arguments[spec->argument_count] = (struct sv_argument_spec){.text = sv_slice_str(text), .is_hashed = is_hashed};
    spec->arguments[spec->argument_count].of = sv_cel_compile(d->env, sv_slice_str(text), SV_CEL_DYN, &problems);
    spec->argument_count++;
}

static bool take_times(struct sv_draft *d, const struct sv_yaml_node *key, uint64_t least, uint64_t most, uint64_t *out)
{
    if (!sv_draft_count(d->file, key, out))
        return false;
    if (*out >= least && *out <= most)
        return true;
    sv_yaml_find_node(d->file->findings, key->value, "\"%.*s\" must be from %llu to %llu", SV_ARG(key->text), (unsigned long long)least,
                      (unsigned long long)most);
    return false;
}

/* What a call is made with; of an event that tells only what would be lifted from arguments, that. */
#define LOOP_ARGUMENTS "event.?args.orValue(dyn([event.?command, event.?path, event.?url].unwrapOpt()))"

/* In the order that loop.c knows them in. */
static void take_loop(struct sv_draft *d)
{
    static const char *const names[] = {"same", "cycle", "result", "within", "allow", "repeat"};
    struct sv_kind_spec *spec = &d->rule->kind;
    const struct sv_yaml_node *map = d->key[SV_K_LOOP]->value, *allow = NULL;
    spec->repeat = 3;
    if (map->kind != SV_YAML_MAP) {
        sv_draft_must_be(d->file, d->key[SV_K_LOOP], "a mapping of same, cycle, result, repeat, within and allow");
        return;
    }
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        if (sv_slice_is(key->text, "same"))
            take_times(d, key, 2, 1000, &spec->same);
        else if (sv_slice_is(key->text, "cycle"))
            take_times(d, key, 2, 64, &spec->cycle);
        else if (sv_slice_is(key->text, "result"))
            take_times(d, key, 2, 1000, &spec->result);
        else if (sv_slice_is(key->text, "repeat"))
            take_times(d, key, 2, 20, &spec->repeat);
        else if (sv_slice_is(key->text, "within"))
            sv_draft_duration(d->file, key, &spec->span_ns);
        else if (sv_slice_is(key->text, "allow"))
            allow = key;
        else
            sv_policy_unknown_key(d->file, map, key, names, COUNT(names));
    }
    if (spec->same + spec->cycle + spec->result == 0)
        find(d, map, "a loop says at least one of same, cycle and result");
    ask(d, "type == \"tool.result\"", false);
    ask(d, "tool", true);
    ask(d, LOOP_ARGUMENTS, true);
    if (spec->result > 0)
        ask(d, "result", true);
    else
        ask(d, "false", false);
    if (allow == NULL) {
        ask(d, "false", false);
    } else if (allow->value->kind != SV_YAML_SCALAR || allow->value->text.len == 0) {
        sv_draft_must_be(d->file, allow, "an expression");
    } else {
        spec->arguments[spec->argument_count++] = (struct sv_argument_spec){
            .of = sv_draft_compile(d, d->env, allow->value, allow->value->text, 0, SV_CEL_BOOL, ""), .text = allow->value->text};
    }
}

/* 100/1m: so many in so long. */
static void take_limit(struct sv_draft *d)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    const struct sv_yaml_node *key = d->key[SV_K_LIMIT];
    struct sv_slice text = key->value->kind == SV_YAML_SCALAR ? sv_slice_trim(key->value->text) : SV_SLICE("");
    size_t slash = 0;
    uint64_t limit = 0;
    while (slash < text.len && text.data[slash] >= '0' && text.data[slash] <= '9' && limit < 1000000000)
        limit = limit * 10 + (uint64_t)(text.data[slash++] - '0');
    struct sv_slice rest = slash < text.len ? sv_slice(text.data + slash + 1, text.len - slash - 1) : SV_SLICE("");
    struct sv_buf one = {0};
    if (rest.len > 0 && (rest.data[0] < '0' || rest.data[0] > '9')) /* 5/s is 5/1s */
        sv_buf_char(&one, '1');
    sv_buf_add(&one, rest);
    bool good = slash > 0 && slash < text.len && text.data[slash] == '/' && limit > 0 && limit < 1000000000 &&
                sv_duration_parse(sv_buf_slice(&one), &spec->span_ns) && spec->span_ns > 0;
    sv_buf_free(&one);
    spec->limit = spec->burst = limit;
    if (!good)
        sv_draft_must_be(d->file, key, "a number in a time, such as 100/1m");
    if (d->key[SV_K_BURST] != NULL)
        take_times(d, d->key[SV_K_BURST], 1, 1000000000, &spec->burst);
    int64_t full;
    if (good && (__builtin_mul_overflow((int64_t)spec->burst, spec->span_ns, &full) || full > INT64_MAX / 4))
        find(d, key->value, "this limit and its burst are beyond what can be counted");
}

static void take_new(struct sv_draft *d)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    const struct sv_cel *of = sv_draft_expression(d, d->env, SV_K_NEW, SV_CEL_DYN, "");
    uint32_t at;
    if (of != NULL)
        want_argument(spec, of, sv_slice_trim(d->key[SV_K_NEW]->value->text), true, &at);
    spec->span_ns = 0;
    if (d->key[SV_K_LEARN] != NULL)
        sv_draft_duration(d->file, d->key[SV_K_LEARN], &spec->span_ns);
}

static void take_alarm(struct sv_draft *d, const struct kind_keys *kind)
{
    struct sv_kind_spec *spec = &d->rule->kind;
    spec->realert_ns = kind->realert_ns;
    spec->tells_resolved = true;
    if (d->key[SV_K_REALERT] != NULL)
        sv_draft_duration(d->file, d->key[SV_K_REALERT], &spec->realert_ns);
    if (d->key[SV_K_FOR] != NULL)
        sv_draft_duration(d->file, d->key[SV_K_FOR], &spec->for_ns);
    if (d->key[SV_K_KEEP] != NULL)
        sv_draft_duration(d->file, d->key[SV_K_KEEP], &spec->keep_ns);
    if (d->key[SV_K_RESOLVED] != NULL)
        sv_draft_bool(d->file, d->key[SV_K_RESOLVED], &spec->tells_resolved);
}

/* A policy of a kind need not have a `when`: then it looks at every event, a loop at every call and result. */
static void default_when(struct sv_draft *d)
{
    struct sv_cel_problems problems = {0};
    struct sv_policy_rule *rule = d->rule;
    bool is_loop = rule->kind.kind == &sv_kind_loop;
    if (d->key[SV_K_WHEN] == NULL && rule->kind.kind != &sv_kind_sequence)
        rule->when = sv_cel_compile(d->env, is_loop ? SV_SLICE("type in [\"tool.call\", \"tool.result\"]") : SV_SLICE("true"), SV_CEL_BOOL, &problems);
}

void sv_kind_parse(struct sv_draft *d)
{
    size_t before = d->file->findings->count;
    if (!sv_kind_is_named(d))
        return;
    const struct kind_keys *kind = which(d);
    if (kind == NULL || !check_keys(d, kind))
        return;
    d->rule->kind.kind = kind->kind;
    take_by(d);
    take_alarm(d, kind);
    switch (kind->key) {
    case SV_K_WINDOW: take_window(d); break;
    case SV_K_ABSENT: take_span(d, SV_K_ABSENT, &d->rule->kind.span_ns), take_until(d); break;
    case SV_K_SEQUENCE: take_sequence(d); break;
    case SV_K_LOOP: take_loop(d); break;
    case SV_K_LIMIT: take_limit(d); break;
    case SV_K_NEW: take_new(d); break;
    default: break;
    }
    take_over(d);
    default_when(d);
    if (d->file->findings->count > before)
        d->rule->kind.kind = NULL;
}

/* --- signature --- */

static void put_text(struct sv_buf *out, struct sv_slice text)
{
    sv_buf_char(out, ',');
    sv_json_put_string(out, text);
}

static void put_number(struct sv_buf *out, uint64_t number)
{
    sv_buf_char(out, ',');
    sv_buf_uint(out, number);
}

void sv_kind_put_signature(const struct sv_policy_rule *rule, struct sv_buf *out)
{
    static const char *const calendars[] = {"", "hour", "day", "week", "month"};
    const struct sv_kind_spec *spec = &rule->kind;
    put_text(out, spec->kind != NULL ? sv_slice_str(spec->kind->name) : SV_SLICE("none"));
    if (spec->kind == NULL)
        return;
    sv_buf_str(out, ",[");
    for (size_t i = 0; i < spec->by_count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        sv_json_put_string(out, spec->by[i].text);
        sv_buf_str(out, spec->by[i].is_tree ? ",1" : ",0");
    }
    sv_buf_char(out, ']');
    put_text(out, sv_slice_str(calendars[spec->calendar]));
    if (spec->calendar != SV_SLIDING) {
        const struct sv_yaml_node *zone = sv_yaml_get(rule->node, "tz", NULL);
        put_text(out, zone != NULL ? zone->text : SV_SLICE("UTC"));
    }
    if (spec->kind == &sv_kind_window || spec->kind == &sv_kind_limit)
        put_number(out, (uint64_t)spec->span_ns);
    for (size_t i = 0; i < spec->aggregate_count; i++)
        put_text(out, spec->aggregates[i].name);
    for (size_t i = 0; i < spec->step_count; i++) {
        put_text(out, spec->steps[i].is_not ? SV_SLICE("not") : SV_SLICE("when"));
        put_text(out, spec->steps[i].text);
    }
    put_number(out, spec->has_prev);
    put_number(out, spec->same);
    put_number(out, spec->cycle);
    put_number(out, spec->result);
    put_number(out, spec->repeat);
    put_number(out, spec->limit);
    put_number(out, spec->burst);
    if (spec->kind == &sv_kind_new && spec->argument_count > 0)
        put_text(out, spec->arguments[0].text);
}
