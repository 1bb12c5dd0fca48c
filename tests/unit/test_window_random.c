/* SPDX-License-Identifier: ISC */
/* Windows beside a recount: random samples in and out of order, saved and loaded at random, timers between them that look at what the
 * window will be; after each every aggregate must be what the list of all samples says.
 * Sums are compared as integers: of n as they are, of d in units of 2^-16. */
#include <math.h>

#include "measure/random.h"
#include "memory_store.h"
#include "policy/rule.h"
#include "policy/samples.h"
#include "policy_help.h"

#define SECONDS(s) ((s) * SV_SECOND_NS)
enum { SAMPLES_MAX = 20000, TEXTS = 12 };

struct fact {
    int64_t time_ns;
    int type;        /* of n: 0 absent, 1 int, 2 a text */
    int64_t n, units;
    bool has_d, has_ok, ok;
    int text;        /* -1: absent */
};

static struct fact facts[SAMPLES_MAX];
static size_t fact_count;
static char texts[TEXTS][400];

static struct sv_random dice;

static uint32_t below(uint32_t limit)
{
    return sv_random_below(&dice, limit);
}

/* --- a state with a store of its own --- */

struct held {
    const struct sv_kind_spec *spec;
    struct memory_store *kept;
    void *state;
};

static const unsigned char the_key[16] = {1};

static bool load_part(void *context, uint32_t part, struct sv_buf *out)
{
    struct held *held = context;
    int64_t version;
    memory_load(held->kept, 1, the_key, part, out, &version, NULL);
    return version != 0;
}

static bool put_part(void *context, uint32_t part, struct sv_slice bytes)
{
    return memory_put(((struct held *)context)->kept, 1, the_key, part, 0, 1, bytes, NULL);
}

static bool drop_part(void *context, uint32_t first, uint32_t last)
{
    return memory_drop(((struct held *)context)->kept, 1, the_key, first, last, NULL);
}

static struct sv_state_parts parts_of(struct held *held)
{
    return (struct sv_state_parts){held, load_part, put_part, drop_part};
}

static void save_and_load(struct held *held)
{
    struct sv_buf bytes = {0};
    struct sv_state_parts parts = parts_of(held);
    if (!held->spec->kind->save(held->state, held->spec, &bytes, &parts))
        printf("# it cannot be saved\n");
    if (below(2) == 0) { /* and goes on, or begins from what was saved */
        held->spec->kind->end(held->state, held->spec);
        held->state = held->spec->kind->start(held->spec);
        if (!held->spec->kind->load(held->state, held->spec, sv_buf_slice(&bytes), &parts))
            printf("# it cannot be loaded\n");
    }
    sv_buf_free(&bytes);
}

/* --- the recount --- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double double_of(int64_t units)
{
    return (double)units / 65536;
}

/* What an aggregate is of the facts in (from, to], in the order of time and of coming. */
static struct sv_value recount(const struct sv_kind_spec *spec, const struct sv_aggregate_spec *a, int64_t from_ns, int64_t to_ns)
{
    static double numbers[SAMPLES_MAX];
    struct sv_slice of = spec->arguments[a->argument].text;
    bool is_d = sv_slice_is(of, "d"), is_text = sv_slice_is(of, "t");
    size_t count = 0, known = 0, trues = 0, conditions = 0, distinct = 0;
    int64_t sum = 0;
    double least = INFINITY, greatest = -INFINITY;
    const struct fact *first = NULL, *last = NULL;
    bool seen[TEXTS] = {false};
    for (size_t i = 0; i < fact_count; i++) {
        const struct fact *f = &facts[i];
        if (f->time_ns <= from_ns || f->time_ns > to_ns)
            continue;
        count++;
        conditions += f->has_ok;
        trues += f->has_ok && f->ok;
        if (is_text && f->text >= 0) {
            distinct += !seen[f->text];
            seen[f->text] = true;
            first = first == NULL || f->time_ns < first->time_ns ? f : first;
            last = last == NULL || f->time_ns >= last->time_ns ? f : last;
        }
        if (is_d ? !f->has_d : f->type != 1)
            continue;
        double number = is_d ? double_of(f->units) : (double)f->n;
        sum += is_d ? f->units : f->n;
        numbers[known++] = number;
        least = number < least ? number : least;
        greatest = number > greatest ? number : greatest;
    }
    switch (a->op) {
    case SV_AGG_SUM:
        return is_d ? sv_value_double(double_of(sum)) : sv_value_int(sum);
    case SV_AGG_AVG:
        return known == 0 ? sv_value_of(SV_ABSENT) : sv_value_double((is_d ? double_of(sum) : (double)sum) / (double)known);
    case SV_AGG_MIN:
        return known == 0 ? sv_value_of(SV_ABSENT) : is_d ? sv_value_double(least) : sv_value_int((int64_t)least);
    case SV_AGG_MAX:
        return known == 0 ? sv_value_of(SV_ABSENT) : is_d ? sv_value_double(greatest) : sv_value_int((int64_t)greatest);
    case SV_AGG_SHARE:
        return conditions == 0 ? sv_value_of(SV_ABSENT) : sv_value_double((double)trues / (double)conditions);
    case SV_AGG_RATE:
        return sv_value_double((double)count * (double)a->per_ns / (double)spec->span_ns);
    case SV_AGG_DISTINCT:
        return sv_value_int((int64_t)distinct);
    case SV_AGG_FIRST:
        return first == NULL ? sv_value_of(SV_ABSENT) : sv_value_str(sv_slice_str(texts[first->text]));
    case SV_AGG_LAST:
        return last == NULL ? sv_value_of(SV_ABSENT) : sv_value_str(sv_slice_str(texts[last->text]));
    case SV_AGG_PERCENTILE:
        qsort(numbers, known, sizeof *numbers, by_number);
        return known == 0 ? sv_value_of(SV_ABSENT) : sv_value_double(numbers[(known * a->percent + 99) / 100 - 1]);
    }
    return sv_value_of(SV_ERROR);
}

static size_t count_in(int64_t from_ns, int64_t to_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < fact_count; i++)
        count += facts[i].time_ns > from_ns && facts[i].time_ns <= to_ns;
    return count;
}

static bool same(struct sv_value got, struct sv_value want)
{
    if (got.type != want.type)
        return false;
    if (got.type == SV_STRING) { /* long ones are cut */
        struct sv_slice whole = sv_value_raw(want), kept = sv_value_raw(got);
        return kept.len == (whole.len > SV_SAMPLE_TEXT_MAX ? SV_SAMPLE_TEXT_MAX : whole.len) && memcmp(kept.data, whole.data, kept.len) == 0;
    }
    return got.type == SV_INT ? got.i == want.i : got.type == SV_DOUBLE ? got.d == want.d : true;
}

static void put_value(struct sv_buf *out, struct sv_value value)
{
    if (value.type == SV_INT)
        sv_buf_printf(out, "%lld", (long long)value.i);
    else if (value.type == SV_DOUBLE)
        sv_buf_printf(out, "%.17g", value.d);
    else
        sv_buf_printf(out, value.type == SV_STRING ? "%.20s" : "nothing", value.s);
}

/* --- one history --- */

struct plan {
    const char *having;
    int64_t span_ns, step_ns; /* mean time from one sample to the next */
    int64_t disorder_ns;      /* how far back a late one lies */
    uint32_t late_of_10, saves_of_100, timers_of_100;
    size_t samples;
};

static void touch_with(struct held *held, const struct fact *f)
{
    struct sv_value values[SV_ARGUMENTS_MAX];
    for (size_t i = 0; i < held->spec->argument_count; i++) {
        struct sv_slice of = held->spec->arguments[i].text;
        values[i] = sv_value_of(SV_ABSENT);
        if (sv_slice_is(of, "n"))
            values[i] = f->type == 0 ? values[i] : f->type == 1 ? sv_value_int(f->n) : sv_value_str(SV_SLICE("text"));
        else if (sv_slice_is(of, "d"))
            values[i] = f->has_d ? sv_value_double(double_of(f->units)) : values[i];
        else if (sv_slice_is(of, "t") && held->spec->arguments[i].is_hashed)
            values[i] = f->text >= 0 ? sv_value_int(f->text * INT64_C(0x123456789) + 7) : values[i];
        else if (sv_slice_is(of, "t"))
            values[i] = f->text >= 0 ? sv_value_str(sv_slice_str(texts[f->text])) : values[i];
        else
            values[i] = f->has_ok ? sv_value_bool(f->ok) : values[i];
    }
    for (size_t i = 0; i < held->spec->argument_count; i++)
        values[i] = sv_sample_value(values[i]);
    struct sv_touch touch = {.time_ns = f->time_ns, .steps = SV_STEP_WHEN, .values = values};
    struct sv_state_parts parts = parts_of(held);
    held->spec->kind->touch(held->state, held->spec, &touch, &parts);
}

/* Is every aggregate, as of a time, what a recount gives? */
static bool is_right(struct held *held, int64_t clock_ns, struct sv_buf *why, size_t *checked)
{
    struct sv_value slots[SV_SLOT_CAPTURES];
    struct sv_state_parts parts = parts_of(held);
    int64_t span_ns = held->spec->span_ns;
    size_t wrong = 0;
    held->spec->kind->values(held->state, held->spec, slots, &parts);
    size_t count = count_in(clock_ns - span_ns, clock_ns), before = count_in(clock_ns - 2 * span_ns, clock_ns - span_ns);
    if ((size_t)slots[SV_SLOT_COUNT].i != count || (held->spec->has_prev && (size_t)slots[SV_SLOT_PREV_COUNT].i != before)) {
        sv_buf_printf(why, "count %lld, not %zu; before %lld, not %zu\n", (long long)slots[SV_SLOT_COUNT].i, count,
                      (long long)slots[SV_SLOT_PREV_COUNT].i, before);
        wrong++;
    }
    for (size_t k = 0; k < held->spec->aggregate_count; k++) {
        const struct sv_aggregate_spec *a = &held->spec->aggregates[k];
        int64_t to_ns = a->is_prev ? clock_ns - span_ns : clock_ns;
        struct sv_value want = recount(held->spec, a, to_ns - span_ns, to_ns), got = slots[SV_SLOT_AGGREGATES + k];
        ++*checked;
        if (same(got, want))
            continue;
        sv_buf_printf(why, "%.*s is ", SV_ARG(a->name));
        put_value(why, got);
        sv_buf_str(why, ", not ");
        put_value(why, want);
        sv_buf_char(why, '\n');
        wrong++;
    }
    return wrong == 0;
}

/* Timers, as they are due while no event comes: the first ones, or all that there are. Each looks at what the window will be. */
static size_t let_time_pass(struct held *held, struct sv_buf *why, size_t *checked)
{
    struct sv_state_parts parts = parts_of(held);
    size_t fired = 0, most = below(3) > 0 ? below(4) : 40;
    for (int64_t due_ns, last_ns = INT64_MIN; fired < most; fired++, last_ns = due_ns) {
        due_ns = held->spec->kind->due(held->state, held->spec, true, &parts);
        if (due_ns == INT64_MAX)
            break;
        if (due_ns <= last_ns)
            sv_buf_str(why, "a timer goes back\n");
        held->spec->kind->timer(held->state, held->spec, due_ns, &parts);
        if (!is_right(held, due_ns, why, checked)) {
            sv_buf_printf(why, "behind %zu timers\n", fired + 1);
            break;
        }
        if (below(5) == 0)
            save_and_load(held);
    }
    return fired;
}

static void tell(const char *name, const struct plan *plan, uint64_t first_seed)
{
    char text[1000];
    snprintf(text, sizeof text,
             "version: 1\nfields: {n: int, d: double, t: string, ok: bool}\npolicies:\n"
             "  - {id: p, window: %lldms, having: '%s'}\n",
             (long long)(plan->span_ns / 1000000), plan->having);
    struct loaded loaded = load_text(text);
    if (!ok(loaded.set != NULL, "%s: the policy", name)) {
        struct sv_buf why = {0};
        put_findings(&why, &loaded.findings);
        printf("# %s\n", sv_buf_cstr(&why));
        sv_buf_free(&why);
        unload(&loaded);
        return;
    }
    struct held held = {.spec = &sv_policies_at(loaded.set, 0)->rule->kind, .kept = memory_new()};
    struct sv_buf why = {0};
    int64_t clock_ns = 1000000000000, span_ns = held.spec->span_ns;
    size_t wrong = 0, late = 0, longest = 0, checked = 0, timers = 0;
    sv_random_seed(&dice, first_seed);
    fact_count = 0;
    held.state = held.spec->kind->start(held.spec);
    for (size_t i = 0; i < plan->samples && wrong == 0; i++) {
        struct fact f = {.time_ns = clock_ns};
        if (below(10) < plan->late_of_10)
            f.time_ns -= (int64_t)below((uint32_t)(plan->disorder_ns / 1000)) * 1000;
        else if (below(400) == 0)
            f.time_ns = clock_ns += 3 * span_ns; /* all is over */
        else if (below(3) > 0)
            f.time_ns = clock_ns += (int64_t)below((uint32_t)(2 * plan->step_ns / 1000)) * 1000;
        f.type = below(10) == 0 ? 0 : below(10) == 0 ? 2 : 1;
        f.n = (int64_t)below(2001) - 1000;
        f.has_d = below(8) > 0;
        f.units = ((int64_t)below(1u << 30) - (1 << 29)) * (below(2) == 0 ? 1 : 4096);
        f.has_ok = below(5) > 0;
        f.ok = below(2) == 0;
        f.text = (int)below(TEXTS + 3) - 3;
        f.text = f.text < -1 ? -1 : f.text;
        bool is_late = f.time_ns <= clock_ns - span_ns;
        late += is_late;
        touch_with(&held, &f);
        if (!is_late)
            facts[fact_count++] = f;
        if (below(100) < plan->saves_of_100)
            save_and_load(&held);
        if (is_late || (i > 50 && below(4) > 0 && i + 1 < plan->samples)) /* a late one changes nothing; and a recount is slow */
            continue;
        if (!is_right(&held, clock_ns, &why, &checked)) {
            sv_buf_printf(&why, "behind sample %zu\n", i);
            wrong++;
        } else if (plan->timers_of_100 > below(100)) {
            timers += let_time_pass(&held, &why, &checked);
            wrong += why.len > 0;
        }
        size_t keep = 0; /* what is over for both windows is not looked at again */
        for (size_t k = 0; k < fact_count; k++)
            if (facts[k].time_ns > clock_ns - 2 * span_ns)
                facts[keep++] = facts[k];
        fact_count = keep;
    }
    struct sv_state_parts parts = parts_of(&held);
    struct sv_buf bytes = {0};
    held.spec->kind->save(held.state, held.spec, &bytes, &parts);
    sv_buf_free(&bytes);
    memory_parts(held.kept, &longest);
    held.spec->kind->end(held.state, held.spec);
    is_slice(sv_buf_slice(&why), SV_SLICE(""), "%s, seed %llu: %zu samples, %zu late, %zu timers, %zu aggregates are what a recount gives", name,
             (unsigned long long)first_seed, plan->samples, late, timers, checked);
    ok(longest <= 4096, "%s: no part is longer than 4 KiB (%zu)", name, longest);
    memory_free(held.kept);
    sv_buf_free(&why);
    unload(&loaded);
}

static uint64_t mixed(uint64_t number)
{
    uint64_t hash = number * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 29) * 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 32;
}

/* More than 4,096 at a time: within what aggregate.h promises; then fewer again, and exact again. */
static void test_many(void)
{
    struct loaded loaded = load_text("version: 1\nfields: {n: int, d: double}\npolicies:\n"
                                     "  - {id: p, window: 1000s, having: 'distinct(n) > 0 || p50(d) > 0.0 || p99(d) > 0.0 || p1(d) > 0.0'}\n");
    struct held held = {.spec = &sv_policies_at(loaded.set, 0)->rule->kind, .kept = memory_new()};
    struct sv_state_parts parts = parts_of(&held);
    struct sv_value slots[SV_SLOT_CAPTURES];
    enum { MANY = 40000 };
    held.state = held.spec->kind->start(held.spec);
    for (int round = 0; round < 2; round++) {
        int64_t start_ns = SECONDS(10000 * (round + 1));
        for (int i = 1; i <= MANY + 4096; i++) { /* 1 to MANY, mixed; a thousand seconds later 4096 more */
            int number = i > MANY ? i : (int)((int64_t)i * 7919 % MANY) + 1;
            struct sv_value values[] = {sv_value_int((int64_t)mixed((uint64_t)number)), sv_value_double(number)};
            int64_t time_ns = start_ns + (i > MANY ? SECONDS(1000) : 0) + i * SV_SECOND_NS / 1000;
            struct sv_touch touch = {.time_ns = time_ns, .steps = SV_STEP_WHEN, .values = values};
            held.spec->kind->touch(held.state, held.spec, &touch, &parts);
            if (i == 4096 || i == MANY || i == MANY + 4096) {
                double most = i > MANY ? 4096 : i, distinct, p50, p99, p1;
                held.spec->kind->values(held.state, held.spec, slots, &parts);
                distinct = (double)slots[SV_SLOT_AGGREGATES].i, p50 = slots[SV_SLOT_AGGREGATES + 1].d;
                p99 = slots[SV_SLOT_AGGREGATES + 2].d, p1 = slots[SV_SLOT_AGGREGATES + 3].d;
                if (i == MANY) {
                    is_int(slots[SV_SLOT_COUNT].i, MANY, "%d in the window", MANY);
                    ok(fabs(distinct - most) < 0.06 * most, "%g distinct values are about %g", distinct, most);
                    ok(fabs(p50 - most / 2) <= most / 2 / 256 && fabs(p99 - most * .99) <= most * .99 / 256 && fabs(p1 - most / 100) <= most / 100 / 256,
                       "percentiles 1, 50 and 99 of 1 to %g: %g, %g, %g", most, p1, p50, p99);
                } else if (i > MANY) {
                    is_int(slots[SV_SLOT_COUNT].i, 4096, "4096 are left");
                    ok(distinct == 4096, "%g distinct values are 4096", distinct);
                    ok(p50 == MANY + 2048 && p99 == MANY + 4056 && p1 == MANY + 41, "exact percentiles: %g, %g, %g", p1, p50, p99);
                } else {
                    ok(distinct == 4096, "%g distinct values are 4096", distinct);
                }
            }
            if (i % 5000 == 0)
                save_and_load(&held);
        }
    }
    held.spec->kind->end(held.state, held.spec);
    memory_free(held.kept);
    unload(&loaded);
}

static void touch_number(struct held *held, int64_t time_ns, int number)
{
    struct sv_value values[] = {sv_value_int((int64_t)mixed((uint64_t)number))};
    struct sv_touch touch = {.time_ns = time_ns, .steps = SV_STEP_WHEN, .values = values};
    struct sv_state_parts parts = parts_of(held);
    held->spec->kind->touch(held->state, held->spec, &touch, &parts);
}

/* Of a burst some values were counted for all; those that are left behind it are all counted, also where the samples are many. */
static void test_burst(void)
{
    struct loaded loaded = load_text("version: 1\nfields: {n: int}\npolicies:\n  - {id: p, window: 60s, having: distinct(n) > 0}\n");
    for (int few = 1; few <= 12; few++) {
        struct held held = {.spec = &sv_policies_at(loaded.set, 0)->rule->kind, .kept = memory_new()};
        struct sv_state_parts parts = parts_of(&held);
        struct sv_value slots[SV_SLOT_CAPTURES];
        held.state = held.spec->kind->start(held.spec);
        for (int i = 0; i < 9000; i++)
            touch_number(&held, SECONDS(1000), 1000 + i);
        int often = few % 2 == 0 ? 1 : 6000; /* samples of each */
        for (int i = 0; i < few * often; i++)
            touch_number(&held, SECONDS(1050), i % few);
        touch_number(&held, SECONDS(1061), 0);
        held.spec->kind->values(held.state, held.spec, slots, &parts);
        is_int(slots[SV_SLOT_AGGREGATES].i, few, "%d values behind a burst of 9000, each %d times", few, often);
        held.spec->kind->end(held.state, held.spec);
        memory_free(held.kept);
    }
    unload(&loaded);
}

/* States that were saved before timers looked ahead end earlier; they are taken as they are. */
static void test_old(void)
{
    enum { NEW = 12 /* whether heads and window are ahead, and since when */ };
    struct loaded loaded = load_text("version: 1\nfields: {n: int}\npolicies:\n  - {id: p, window: 60s, having: distinct(n) > 0}\n");
    struct held held = {.spec = &sv_policies_at(loaded.set, 0)->rule->kind, .kept = memory_new()};
    struct sv_state_parts parts = parts_of(&held);
    struct sv_value slots[SV_SLOT_CAPTURES];
    struct sv_buf bytes = {0};
    held.state = held.spec->kind->start(held.spec);
    for (int i = 0; i < 5; i++)
        touch_number(&held, SECONDS(1000 + 10 * i), i);
    held.spec->kind->save(held.state, held.spec, &bytes, &parts);
    for (size_t cut = 0; cut <= NEW; cut += NEW) {
        held.spec->kind->end(held.state, held.spec);
        held.state = held.spec->kind->start(held.spec);
        ok(held.spec->kind->load(held.state, held.spec, sv_slice(bytes.data, bytes.len - cut), &parts), "a state without its last %zu bytes", cut);
        touch_number(&held, SECONDS(1065), 9);
        held.spec->kind->values(held.state, held.spec, slots, &parts);
        is_int(slots[SV_SLOT_AGGREGATES].i, 5, "it goes on");
    }
    held.spec->kind->end(held.state, held.spec);
    memory_free(held.kept);
    sv_buf_free(&bytes);
    unload(&loaded);
}

#define NUMBERS "sum(n) > 0 || avg(n) > 0.0 || min(n) > 0 || max(n) > 0 || sum(d) > 0.0 || min(d) > 0.0 || max(d) > 0.0"
#define ORDER "p1(d) > 0.0 || p50(d) > 0.0 || p90(d) > 0.0 || p99(d) > 0.0 || p50(n) > 0.0"
#define TEXT "first(t) == \"\" || last(t) == \"\" || distinct(t) > 0 || share(ok) > 0.0 || rate(\"1m\") > 0.0"
#define PREV "prev.count > 0 || prev.sum(n) > 0 || prev.min(n) > 0 || prev.max(d) > 0.0 || prev.p50(d) > 0.0 || prev.first(t) == \"\" || " \
             "prev.last(t) == \"\" || prev.distinct(t) > 0 || prev.share(ok) > 0.0"
int main(void)
{
    static const struct plan plans[] = {
        {NUMBERS, SECONDS(10), SECONDS(1), SECONDS(12), 2, 5, 10, 3000},
        {NUMBERS " || " ORDER, SECONDS(1000), SECONDS(1), SECONDS(900), 3, 3, 5, 4000},
        {TEXT, SECONDS(100), SECONDS(1), SECONDS(90), 5, 10, 10, 3000},      /* late ones with long texts: parts overflow */
        {TEXT " || " NUMBERS, SECONDS(3000), SECONDS(1), SECONDS(2900), 7, 2, 5, 5000},
        {NUMBERS " || " PREV, SECONDS(60), SECONDS(1), SECONDS(70), 3, 10, 20, 4000},
        {TEXT " || " PREV, SECONDS(900), SECONDS(1), SECONDS(800), 6, 5, 20, 5000},
        {"count > 0 || prev.count > 0", SECONDS(60), SECONDS(1), SECONDS(59), 4, 20, 30, 3000},
        {"sum(n) > 0", SECONDS(5000), SECONDS(1), SECONDS(10), 1, 1, 2, 15000},
    };
    make_folder();
    for (int i = 0; i < TEXTS; i++) {
        memset(texts[i], 'a' + i, sizeof texts[i] - 1);
        texts[i][i < 6 ? i * 3 : i < 9 ? 150 + i : 199 + i] = '\0';
    }
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        for (uint64_t s = 1; s <= 3; s++) {
            char name[40];
            snprintf(name, sizeof name, "plan %zu", i + 1);
            tell(name, &plans[i], s + 10 * i);
        }
    test_many();
    test_burst();
    test_old();
    remove_folder();
    return done();
}
