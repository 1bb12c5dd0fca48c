/* SPDX-License-Identifier: ISC */
#include "policy/aggregate.h"

#include <math.h>
#include <stdlib.h>

/* Numbers in the order of time of which each is less (or greater) than all before it were: the first is the window's. */
struct sv_aggregate_ends {
    size_t first, count, room;
    struct end {
        int64_t time_ns;
        double number;
        bool is_int;
        int64_t whole;
    } *items;
};

/* Values (as hashes) and how often they are there. At level k only those whose hash ends in k zero bits. */
struct sv_aggregate_values {
    struct value {
        uint64_t hash, count; /* count 0: free */
    } *table;
    size_t mask, used;
    uint8_t level;
};

/* A histogram whose buckets are as wide as 1/128 of their value; and, while they are few, the numbers themselves, sorted. */
struct sv_aggregate_order {
    struct bucket {
        int32_t index;
        uint64_t count;
    } *buckets;
    size_t count, room;
    double *sorted;          /* NULL: not known */
    size_t sorted_count, sorted_room;
};

/* --- sums --- */

enum { WHOLE = 1, WORDS = SV_SUM_WORDS }; /* words of a sum, the first one is the highest; that of the ones */

static void negate(uint64_t words[WORDS])
{
    uint64_t carry = 1;
    for (int i = WORDS; i-- > 0; carry &= words[i] == 0)
        words[i] = ~words[i] + carry;
}

static void add_words(uint64_t sum[WORDS], uint64_t words[WORDS], bool minus)
{
    uint64_t carry = 0;
    if (minus)
        negate(words);
    for (int i = WORDS; i-- > 0;) {
        uint64_t with = words[i] + carry;
        carry = with < carry;
        sum[i] += with;
        carry += sum[i] < with;
    }
}

static void sum_number(struct sv_aggregate *a, struct sv_value value, bool minus)
{
    if (value.type == SV_INT) {
        uint64_t words[WORDS] = {[WHOLE] = value.i < 0 ? 0 - (uint64_t)value.i : (uint64_t)value.i};
        add_words(a->sum, words, minus != (value.i < 0));
        return;
    }
    double size = fabs(value.d), whole = floor(size); /* of the size: what lies between -1 and 0 loses no bit then */
    a->doubles += minus ? UINT64_MAX : 1;
    if (size >= 4611686018427387904.0) {
        a->huge[value.d < 0] += minus ? UINT64_MAX : 1;
        return;
    }
    uint64_t words[WORDS] = {[WHOLE] = (uint64_t)whole};
    double rest = size - whole;
    for (int i = WHOLE + 1; i < WORDS; i++) {
        rest *= 18446744073709551616.0;
        words[i] = (uint64_t)rest;
        rest -= (double)words[i];
    }
    add_words(a->sum, words, minus != (value.d < 0));
}

/* Rounded once: of the first 64 bits that count, the last one says whether any follow. */
static double nearest(const uint64_t words[WORDS])
{
    int first = 0;
    while (first < WORDS - 1 && words[first] == 0)
        first++;
    if (words[first] == 0)
        return 0;
    int shift = __builtin_clzll(words[first]);
    uint64_t next = first + 1 < WORDS ? words[first + 1] : 0, bits = words[first];
    if (shift > 0) {
        bits = bits << shift | next >> (64 - shift);
        next <<= shift;
    }
    for (int i = first + 2; i < WORDS; i++)
        next |= words[i];
    return ldexp((double)(bits | (next != 0)), 64 * (WHOLE - first) - shift);
}

static struct sv_value sum_of(const struct sv_aggregate *a)
{
    int64_t whole = (int64_t)a->sum[WHOLE];
    bool fits = a->sum[0] == (whole < 0 ? UINT64_MAX : 0), minus = a->sum[0] >> 63;
    if (a->huge[0] != 0 || a->huge[1] != 0)
        return sv_value_double(a->huge[0] == 0 ? -INFINITY : a->huge[1] == 0 ? INFINITY : NAN);
    if (a->doubles == 0 && fits)
        return sv_value_int(whole);
    uint64_t size[WORDS];
    memcpy(size, a->sum, sizeof size);
    if (minus)
        negate(size);
    return sv_value_double(minus ? -nearest(size) : nearest(size));
}

/* --- the least and the greatest --- */

/* Ints as they are: not all of them are doubles. */
static bool beats(const struct end *a, const struct end *b, bool greatest)
{
    if (a->is_int && b->is_int)
        return greatest ? a->whole >= b->whole : a->whole <= b->whole;
    return greatest ? a->number >= b->number : a->number <= b->number;
}

static struct end end_of(int64_t time_ns, struct sv_value value)
{
    bool is_int = value.type == SV_INT;
    return (struct end){time_ns, is_int ? (double)value.i : value.d, is_int, is_int ? value.i : 0};
}

static void ends_add(struct sv_aggregate_ends *ends, int64_t time_ns, struct sv_value value, bool greatest)
{
    struct end new = end_of(time_ns, value);
    size_t at = ends->first + ends->count;
    while (at > ends->first && ends->items[at - 1].time_ns > time_ns)
        at--;
    if (at < ends->first + ends->count && beats(&ends->items[at], &new, greatest))
        return; /* a later one is at least as good, for as long */
    size_t from = at;
    while (from > ends->first && beats(&new, &ends->items[from - 1], greatest))
        from--;
    if (from == at) { /* nobody goes: make room */
        if (ends->first > 0 && ends->first >= ends->count) {
            memmove(ends->items, ends->items + ends->first, ends->count * sizeof *ends->items);
            at -= ends->first;
            ends->first = 0;
        }
        if (ends->first + ends->count == ends->room) {
            ends->room = ends->room > 0 ? 2 * ends->room : 4;
            ends->items = sv_realloc(ends->items, ends->room * sizeof *ends->items);
        }
        memmove(ends->items + at + 1, ends->items + at, (ends->first + ends->count - at) * sizeof *ends->items);
        ends->count++;
        from = at;
    } else {
        memmove(ends->items + from + 1, ends->items + at, (ends->first + ends->count - at) * sizeof *ends->items);
        ends->count -= at - from - 1;
    }
    ends->items[from] = new;
}

static void ends_remove(struct sv_aggregate_ends *ends, int64_t time_ns, struct sv_value value)
{
    struct end gone = end_of(time_ns, value);
    const struct end *first = &ends->items[ends->first];
    if (ends->count == 0 || first->time_ns != time_ns || first->number != gone.number || first->whole != gone.whole)
        return;
    ends->count--;
    ends->first = ends->count > 0 ? ends->first + 1 : 0;
}

static struct sv_value ends_value(const struct sv_aggregate_ends *ends)
{
    if (ends->count == 0)
        return sv_value_of(SV_ABSENT);
    const struct end *first = &ends->items[ends->first];
    return first->is_int ? sv_value_int(first->whole) : sv_value_double(first->number);
}

/* --- distinct values --- */

enum { LEVEL_MAX = 48 /* SV_EXACT_MAX times two to that can be counted */ };

static bool is_counted(const struct sv_aggregate_values *values, uint64_t hash)
{
    return (hash & ((UINT64_C(1) << values->level) - 1)) == 0;
}

static struct value *find_value(const struct sv_aggregate_values *values, uint64_t hash)
{
    size_t i = (size_t)(hash >> 32) & values->mask;
    while (values->table[i].count != 0 && values->table[i].hash != hash)
        i = (i + 1) & values->mask;
    return &values->table[i];
}

static void resize_values(struct sv_aggregate_values *values, size_t size)
{
    struct value *old = values->table;
    size_t old_size = old != NULL ? values->mask + 1 : 0;
    values->table = sv_calloc(size, sizeof *values->table);
    values->mask = size - 1;
    values->used = 0;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].count != 0 && is_counted(values, old[i].hash)) {
            *find_value(values, old[i].hash) = old[i];
            values->used++;
        }
    sv_free(old);
}

static void values_add(struct sv_aggregate_values *values, uint64_t hash, uint64_t times)
{
    if (!is_counted(values, hash))
        return;
    if (values->table == NULL || values->used * 2 > values->mask)
        resize_values(values, values->table == NULL ? 8 : 2 * (values->mask + 1));
    struct value *value = find_value(values, hash);
    values->used += value->count == 0;
    value->hash = hash;
    value->count += times;
    while (values->used > SV_EXACT_MAX && values->level < LEVEL_MAX) {
        values->level++;
        resize_values(values, values->mask + 1);
    }
}

static void values_remove(struct sv_aggregate_values *values, uint64_t hash)
{
    if (!is_counted(values, hash) || values->table == NULL)
        return;
    struct value *value = find_value(values, hash);
    if (value->count == 0 || --value->count > 0)
        return;
    values->used--;
    size_t free_at = (size_t)(value - values->table);
    for (size_t k = (free_at + 1) & values->mask; values->table[k].count != 0; k = (k + 1) & values->mask) {
        struct value moved = values->table[k];
        values->table[k].count = 0;
        *find_value(values, moved.hash) = moved;
    }
}

/* --- percentiles --- */

/* Numbers in their order as whole numbers, cut to seven bits behind the first. */
static int32_t bucket_of(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    int64_t ordered = (int64_t)(bits >> 63 ? ~bits ^ (UINT64_C(1) << 63) : bits);
    return (int32_t)(ordered >> 45);
}

static double middle_of(int32_t bucket)
{
    int64_t ordered = (int64_t)((uint64_t)bucket << 45) + (INT64_C(1) << 44);
    uint64_t bits = ordered < 0 ? ~((uint64_t)ordered ^ (UINT64_C(1) << 63)) : (uint64_t)ordered;
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static size_t find_bucket(const struct sv_aggregate_order *order, int32_t index)
{
    size_t low = 0, high = order->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order->buckets[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void bucket_add(struct sv_aggregate_order *order, int32_t index, uint64_t times)
{
    size_t at = find_bucket(order, index);
    if (at == order->count || order->buckets[at].index != index) {
        if (order->count == order->room) {
            order->room = order->room > 0 ? 2 * order->room : 8;
            order->buckets = sv_realloc(order->buckets, order->room * sizeof *order->buckets);
        }
        memmove(order->buckets + at + 1, order->buckets + at, (order->count - at) * sizeof *order->buckets);
        order->buckets[at] = (struct bucket){index, 0};
        order->count++;
    }
    order->buckets[at].count += times;
}

static size_t find_sorted(const struct sv_aggregate_order *order, double number)
{
    size_t low = 0, high = order->sorted_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order->sorted[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void forget_sorted(struct sv_aggregate_order *order)
{
    sv_free(order->sorted);
    order->sorted = NULL;
    order->sorted_count = order->sorted_room = 0;
}

/* Room for so many at least. */
static void give_room(struct sv_aggregate_order *order, size_t count)
{
    if (count <= order->sorted_room)
        return;
    order->sorted_room = order->sorted_room * 2 > count ? order->sorted_room * 2 : count;
    order->sorted = sv_realloc(order->sorted, order->sorted_room * sizeof *order->sorted);
}

static void order_add(struct sv_aggregate_order *order, double number)
{
    bucket_add(order, bucket_of(number), 1);
    if (order->sorted == NULL)
        return;
    if (order->sorted_count == SV_EXACT_MAX) {
        forget_sorted(order);
        return;
    }
    size_t at = find_sorted(order, number);
    give_room(order, order->sorted_count + 1);
    memmove(order->sorted + at + 1, order->sorted + at, (order->sorted_count - at) * sizeof *order->sorted);
    order->sorted[at] = number;
    order->sorted_count++;
}

static void order_remove(struct sv_aggregate_order *order, double number)
{
    size_t at = find_bucket(order, bucket_of(number));
    if (at < order->count && order->buckets[at].index == bucket_of(number) && --order->buckets[at].count == 0) {
        memmove(order->buckets + at, order->buckets + at + 1, (order->count - at - 1) * sizeof *order->buckets);
        order->count--;
    }
    if (order->sorted == NULL)
        return;
    at = find_sorted(order, number);
    if (at < order->sorted_count && order->sorted[at] == number) {
        memmove(order->sorted + at, order->sorted + at + 1, (order->sorted_count - at - 1) * sizeof *order->sorted);
        order->sorted_count--;
    }
}

struct sorting {
    struct sv_aggregate_order *order;
    uint32_t argument;
};

static bool is_number(struct sv_value value)
{
    return value.type == SV_INT || value.type == SV_DOUBLE;
}

static double number_of(struct sv_value value)
{
    return value.type == SV_INT ? (double)value.i : value.d;
}

static bool take_sample(void *context, const struct sv_sample *sample)
{
    struct sorting *sorting = context;
    struct sv_value value = sample->values[sorting->argument];
    if (is_number(value) && sorting->order->sorted_count < sorting->order->sorted_room)
        sorting->order->sorted[sorting->order->sorted_count++] = number_of(value);
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the least number that at least so many of a hundred do not exceed. */
static struct sv_value percentile_of(struct sv_aggregate *a, const struct sv_kind_spec *spec, const struct sv_aggregate_spec *aggregate,
                                     struct sv_samples *samples, int from, int to, const struct sv_state_parts *parts)
{
    struct sv_aggregate_order *order = a->order;
    uint64_t total = a->known;
    if (total == 0 || order->count == 0)
        return sv_value_of(SV_ABSENT);
    uint64_t rank = (total * aggregate->percent + 99) / 100;
    rank = rank > 0 ? rank : 1;
    if (order->sorted == NULL && total <= SV_EXACT_MAX) {
        struct sorting sorting = {order, aggregate->argument};
        give_room(order, (size_t)total);
        sv_samples_walk(samples, spec, from, to, parts, take_sample, &sorting);
        qsort(order->sorted, order->sorted_count, sizeof *order->sorted, by_size);
    }
    if (order->sorted != NULL && rank <= order->sorted_count)
        return sv_value_double(order->sorted[rank - 1]);
    size_t i = 0;
    while (i + 1 < order->count && order->buckets[i].count < rank)
        rank -= order->buckets[i++].count;
    return sv_value_double(middle_of(order->buckets[i].index));
}

/* --- one argument --- */

static bool wants_number(const struct sv_argument_spec *argument)
{
    return argument->wants_sum || argument->wants_extremes || argument->wants_order;
}

/* Has it a value that this argument counts? */
static bool is_known(const struct sv_argument_spec *argument, struct sv_value value)
{
    if (wants_number(argument))
        return is_number(value);
    return argument->wants_share ? value.type == SV_BOOL : value.type != SV_ABSENT;
}

static void put_in(struct sv_aggregate *a, const struct sv_argument_spec *argument, int64_t time_ns, struct sv_value value)
{
    a->present += value.type != SV_ABSENT;
    if (!is_known(argument, value))
        return;
    a->known++;
    a->trues += value.type == SV_BOOL && value.b;
    if (argument->wants_sum)
        sum_number(a, value, false);
    if (a->least != NULL)
        ends_add(a->least, time_ns, value, false);
    if (a->greatest != NULL)
        ends_add(a->greatest, time_ns, value, true);
    if (a->distinct != NULL)
        values_add(a->distinct, (uint64_t)value.i, 1);
    if (a->order != NULL)
        order_add(a->order, number_of(value));
}

static void take_out(struct sv_aggregate *a, const struct sv_argument_spec *argument, int64_t time_ns, struct sv_value value)
{
    a->present -= value.type != SV_ABSENT;
    if (!is_known(argument, value))
        return;
    a->known--;
    a->trues -= value.type == SV_BOOL && value.b;
    if (argument->wants_sum)
        sum_number(a, value, true);
    if (a->least != NULL)
        ends_remove(a->least, time_ns, value);
    if (a->greatest != NULL)
        ends_remove(a->greatest, time_ns, value);
    if (a->distinct != NULL)
        values_remove(a->distinct, (uint64_t)value.i);
    if (a->order != NULL)
        order_remove(a->order, number_of(value));
}

/* --- a window --- */

void sv_side_start(struct sv_window_side *side, const struct sv_kind_spec *spec)
{
    *side = (struct sv_window_side){0};
    if (spec->argument_count == 0)
        return;
    side->items = sv_calloc(spec->argument_count, sizeof *side->items);
    for (size_t i = 0; i < spec->argument_count; i++) {
        const struct sv_argument_spec *argument = &spec->arguments[i];
        struct sv_aggregate *a = &side->items[i];
        a->least = argument->wants_extremes ? sv_calloc(1, sizeof *a->least) : NULL;
        a->greatest = argument->wants_extremes ? sv_calloc(1, sizeof *a->greatest) : NULL;
        a->distinct = argument->wants_distinct ? sv_calloc(1, sizeof *a->distinct) : NULL;
        a->order = argument->wants_order ? sv_calloc(1, sizeof *a->order) : NULL;
    }
}

static void free_ends(struct sv_aggregate_ends *ends)
{
    if (ends != NULL)
        sv_free(ends->items);
    sv_free(ends);
}

void sv_side_end(struct sv_window_side *side, const struct sv_kind_spec *spec)
{
    for (size_t i = 0; side->items != NULL && i < spec->argument_count; i++) {
        struct sv_aggregate *a = &side->items[i];
        free_ends(a->least);
        free_ends(a->greatest);
        if (a->distinct != NULL)
            sv_free(a->distinct->table);
        if (a->order != NULL) {
            sv_free(a->order->buckets);
            sv_free(a->order->sorted);
        }
        sv_free(a->distinct);
        sv_free(a->order);
    }
    sv_free(side->items);
    *side = (struct sv_window_side){0};
}

void sv_side_add(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_sample *sample)
{
    side->count++;
    for (size_t i = 0; i < spec->argument_count; i++)
        put_in(&side->items[i], &spec->arguments[i], sample->time_ns, sample->values[i]);
}

void sv_side_remove(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_sample *sample)
{
    side->count--;
    for (size_t i = 0; i < spec->argument_count; i++)
        take_out(&side->items[i], &spec->arguments[i], sample->time_ns, sample->values[i]);
}

struct recount {
    struct sv_aggregate_values *values;
    uint32_t argument;
};

static bool count_sample(void *context, const struct sv_sample *sample)
{
    const struct recount *recount = context;
    if (sample->values[recount->argument].type == SV_INT)
        values_add(recount->values, (uint64_t)sample->values[recount->argument].i, 1);
    return true;
}

/* Of many values some were counted for all. Once they are few again all are, as far as there are samples to count. */
static bool is_to_recount(const struct sv_aggregate *a, const struct sv_kind_spec *spec)
{
    const struct sv_aggregate_values *values = a->distinct;
    bool are_few = a->known <= SV_EXACT_MAX || values->used << values->level <= SV_EXACT_MAX / 2;
    return values->level > 0 && are_few && spec->calendar == SV_SLIDING;
}

static void count_anew(struct sv_aggregate_values *values, uint32_t argument, const struct sv_kind_spec *spec, struct sv_samples *samples,
                       int from, int to, const struct sv_state_parts *parts)
{
    struct recount recount = {values, argument};
    sv_free(values->table);
    *values = (struct sv_aggregate_values){0};
    sv_samples_walk(samples, spec, from, to, parts, count_sample, &recount);
}

struct sv_value sv_side_value(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_aggregate_spec *aggregate,
                              struct sv_samples *samples, int from, int to, const struct sv_state_parts *parts)
{
    struct sv_aggregate *a = side->items != NULL ? &side->items[aggregate->argument] : NULL;
    struct sv_value sum;
    switch (aggregate->op) {
    case SV_AGG_RATE:
        return sv_value_double((double)side->count * (double)aggregate->per_ns / (double)spec->span_ns);
    case SV_AGG_SUM:
        sum = sum_of(a);
        return sum.type == SV_INT && aggregate->is_double ? sv_value_double((double)sum.i) : sum;
    case SV_AGG_AVG:
        sum = sum_of(a);
        return a->known == 0 ? sv_value_of(SV_ABSENT) :
                               sv_value_double((sum.type == SV_INT ? (double)sum.i : sum.d) / (double)a->known);
    case SV_AGG_SHARE:
        return a->known == 0 ? sv_value_of(SV_ABSENT) : sv_value_double((double)a->trues / (double)a->known);
    case SV_AGG_MIN:
        return ends_value(a->least);
    case SV_AGG_MAX:
        return ends_value(a->greatest);
    case SV_AGG_DISTINCT:
        if (is_to_recount(a, spec))
            count_anew(a->distinct, aggregate->argument, spec, samples, from, to, parts);
        return sv_value_int((int64_t)a->distinct->used << a->distinct->level);
    case SV_AGG_PERCENTILE:
        return percentile_of(a, spec, aggregate, samples, from, to, parts);
    case SV_AGG_FIRST:
        return a->present > 0 ? sv_samples_oldest(samples, spec, from, to, aggregate->argument, parts) : sv_value_of(SV_ABSENT);
    case SV_AGG_LAST:
        return a->present > 0 ? sv_samples_newest(samples, spec, from, to, aggregate->argument, parts) : sv_value_of(SV_ABSENT);
    }
    return sv_value_of(SV_ABSENT);
}

/* --- the store --- */

static void save_ends(const struct sv_aggregate_ends *ends, struct sv_buf *out)
{
    sv_pack_uint(out, ends->count);
    for (size_t i = 0; i < ends->count; i++) {
        const struct end *end = &ends->items[ends->first + i];
        uint64_t bits;
        memcpy(&bits, &end->number, sizeof bits);
        sv_pack_int(out, end->time_ns);
        sv_pack_uint(out, end->is_int);
        if (end->is_int)
            sv_pack_int(out, end->whole);
        else
            sv_pack_fixed(out, bits);
    }
}

static void load_ends(struct sv_aggregate_ends *ends, struct sv_unpack *in)
{
    uint64_t count = sv_unpack_uint(in);
    if (in->failed || count > (uint64_t)(in->end - in->at)) {
        in->failed = true;
        return;
    }
    ends->items = sv_calloc((size_t)count + 1, sizeof *ends->items);
    ends->count = ends->room = (size_t)count;
    for (size_t i = 0; i < ends->count; i++) {
        struct end *end = &ends->items[i];
        end->time_ns = sv_unpack_int(in);
        end->is_int = sv_unpack_uint(in) != 0;
        if (end->is_int) {
            end->whole = sv_unpack_int(in);
            end->number = (double)end->whole;
        } else {
            uint64_t bits = sv_unpack_fixed(in);
            memcpy(&end->number, &bits, sizeof bits);
        }
    }
}

static int by_hash(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* In their own order: where they lie in the table hangs on what came and went. */
static void save_values(const struct sv_aggregate_values *values, struct sv_buf *out)
{
    struct value *items = sv_alloc((values->used + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; values->table != NULL && i <= values->mask; i++)
        if (values->table[i].count != 0)
            items[count++] = values->table[i];
    qsort(items, count, sizeof *items, by_hash);
    sv_pack_uint(out, values->level);
    sv_pack_uint(out, count);
    for (size_t i = 0; i < count; i++) {
        sv_pack_fixed(out, items[i].hash);
        sv_pack_uint(out, items[i].count);
    }
    sv_free(items);
}

static void load_values(struct sv_aggregate_values *values, struct sv_unpack *in)
{
    uint64_t level = sv_unpack_uint(in), count = sv_unpack_uint(in);
    in->failed |= level > LEVEL_MAX;
    values->level = in->failed ? 0 : (uint8_t)level;
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        uint64_t hash = sv_unpack_fixed(in), times = sv_unpack_uint(in);
        in->failed |= times == 0;
        if (!in->failed)
            values_add(values, hash, times);
    }
}

static void save_order(const struct sv_aggregate_order *order, struct sv_buf *out)
{
    sv_pack_uint(out, order->count);
    for (size_t i = 0; i < order->count; i++) {
        sv_pack_int(out, order->buckets[i].index);
        sv_pack_uint(out, order->buckets[i].count);
    }
}

static void load_order(struct sv_aggregate_order *order, struct sv_unpack *in)
{
    uint64_t count = sv_unpack_uint(in);
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        int64_t index = sv_unpack_int(in);
        uint64_t times = sv_unpack_uint(in);
        in->failed |= index > INT32_MAX || index < INT32_MIN || times == 0;
        if (!in->failed)
            bucket_add(order, (int32_t)index, times);
    }
}

void sv_side_save(const struct sv_window_side *side, const struct sv_kind_spec *spec, struct sv_buf *out)
{
    sv_pack_uint(out, side->count);
    for (size_t i = 0; i < spec->argument_count; i++) {
        const struct sv_aggregate *a = &side->items[i];
        sv_pack_uint(out, a->known);
        sv_pack_uint(out, a->doubles);
        sv_pack_uint(out, a->trues);
        sv_pack_uint(out, a->present);
        sv_pack_uint(out, a->huge[0]);
        sv_pack_uint(out, a->huge[1]);
        for (int k = 0; k < WORDS; k++)
            sv_pack_fixed(out, a->sum[k]);
        if (a->least != NULL)
            save_ends(a->least, out);
        if (a->greatest != NULL)
            save_ends(a->greatest, out);
        if (a->distinct != NULL)
            save_values(a->distinct, out);
        if (a->order != NULL)
            save_order(a->order, out);
    }
}

bool sv_side_load(struct sv_window_side *side, const struct sv_kind_spec *spec, struct sv_unpack *in)
{
    side->count = sv_unpack_uint(in);
    for (size_t i = 0; i < spec->argument_count && !in->failed; i++) {
        struct sv_aggregate *a = &side->items[i];
        a->known = sv_unpack_uint(in);
        a->doubles = sv_unpack_uint(in);
        a->trues = sv_unpack_uint(in);
        a->present = sv_unpack_uint(in);
        a->huge[0] = sv_unpack_uint(in);
        a->huge[1] = sv_unpack_uint(in);
        for (int k = 0; k < WORDS; k++)
            a->sum[k] = sv_unpack_fixed(in);
        if (a->least != NULL)
            load_ends(a->least, in);
        if (a->greatest != NULL)
            load_ends(a->greatest, in);
        if (a->distinct != NULL)
            load_values(a->distinct, in);
        if (a->order != NULL)
            load_order(a->order, in);
    }
    return !in->failed;
}
