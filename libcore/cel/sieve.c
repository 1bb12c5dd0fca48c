/* SPDX-License-Identifier: ISC */
#include "cel/sieve.h"

#include <stdlib.h>

#include "cel/node.h"
#include "cel/regex.h"

enum {
    NEEDS_MAX = 48, /* texts that one condition needs one of */
    NAMES_MAX = 256 /* of one slot */
};

/* Thresholds of one slot and comparison, in the order in which a value passes them: a value that passes one passes those before it. */
struct ladder {
    const struct sv_node **rungs;
    uint64_t *all;
    uint64_t *passed; /* [rung_count + 1][words]: conditions that hold for a value that passes so many */
    size_t rung_count;
};

/* Texts of which conditions need one to occur in a slot, at most SV_WORDS_MAX of them. */
struct texts {
    uint32_t slot;
    bool are_simple; /* each stands in JSON as it is, or with \u00 */
    const struct sv_words *words;
    uint64_t *all, *of; /* of: [text][words] */
    struct sv_slice items[SV_WORDS_MAX];
    size_t count;
};

/* Beginnings, or members of lists that the slot must not be; sorted. */
struct names {
    uint32_t slot;
    bool are_beginnings;
    uint64_t *all, *of; /* of: [name][words] */
    struct sv_slice *items;
    uint32_t *shorter;  /* of beginnings: the longest other one that it begins with, + 1 */
    size_t count, room;
};

struct sv_sieve {
    struct sv_arena arena;
    size_t words;
    struct ladder *ladders;
    struct texts *texts;
    struct names *names;
    size_t ladder_count, text_count, name_count, ladder_room, text_room, name_room;
};

/* ---- bits ---- */

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static uint64_t *new_bits(struct sv_sieve *sieve, size_t count)
{
    return sv_arena_calloc(&sieve->arena, count * sieve->words, sizeof(uint64_t));
}

/* Have both more than one bit in common? */
static inline bool share_some(const struct sv_sieve *sieve, const uint64_t *bits, const uint64_t *all)
{
    bool has_one = false;
    for (size_t w = 0; w < sieve->words; w++) {
        uint64_t both = bits[w] & all[w];
        if ((both & (both - 1)) != 0 || (both != 0 && has_one))
            return true;
        has_one |= both != 0;
    }
    return false;
}

static inline size_t count_of(const struct sv_sieve *sieve, const uint64_t *bits)
{
    size_t count = 0;
    for (size_t w = 0; w < sieve->words; w++) { /* without a call, as the compiler would make for processors of old */
        uint64_t x = bits[w] - (bits[w] >> 1 & UINT64_C(0x5555555555555555));
        x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
        count += (size_t)(((x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F)) * UINT64_C(0x0101010101010101) >> 56);
    }
    return count;
}

/* Of those of `all` only these stay. */
static inline void keep(const struct sv_sieve *sieve, uint64_t *bits, const uint64_t *all, const uint64_t *these)
{
    for (size_t w = 0; w < sieve->words; w++)
        bits[w] &= ~all[w] | these[w];
}

/* Twice the room, zeros behind what is there. */
static void *grow(struct sv_sieve *sieve, void *items, size_t *room, size_t size)
{
    size_t before = *room;
    char *more = sv_arena_calloc(&sieve->arena, *room = before * 2 + 8, size);
    if (before > 0)
        memcpy(more, items, before * size);
    return more;
}

/* ---- what a condition needs ---- */

struct needs {
    uint32_t slot;
    bool are_simple;
    struct sv_slice texts[NEEDS_MAX];
    size_t count, shortest;
};

static bool need(struct needs *needs, const struct sv_slice *texts, size_t count, bool are_simple)
{
    for (size_t i = 0; i < count; i++) {
        if (needs->count == NEEDS_MAX || texts[i].len < SV_WORDS_SHORTEST)
            return false;
        if (needs->count == 0 || texts[i].len < needs->shortest)
            needs->shortest = texts[i].len;
        needs->texts[needs->count++] = texts[i];
    }
    needs->are_simple = needs->are_simple && are_simple;
    return count > 0;
}

/* Adds texts of one slot of which one must occur for the node not to be false; false when none are known. A needs without texts is of
 * any slot still. */
static bool find_needs(const struct sv_node *node, struct needs *needs)
{
    if (node->eval == sv_node_or) {
        for (uint32_t i = 0; i < node->count; i++)
            if (!find_needs(node->kids[i], needs))
                return false;
        return node->count > 0;
    }
    if (node->eval == sv_node_and) { /* any of its operands will do: that with the longest texts */
        struct needs best = {0}, one;
        for (uint32_t i = 0; i < node->count; i++) {
            one = (struct needs){.are_simple = true, .slot = needs->slot};
            if (!find_needs(node->kids[i], &one) || (needs->count > 0 && one.slot != needs->slot))
                continue;
            if (best.count == 0 || one.shortest > best.shortest || (one.shortest == best.shortest && one.count < best.count))
                best = one;
        }
        if (needs->count == 0)
            needs->slot = best.slot;
        return need(needs, best.texts, best.count, best.are_simple);
    }
    if (node->eval != sv_node_slot_contains && node->eval != sv_node_slot_matches)
        return false;
    if (needs->count > 0 && needs->slot != node->slot)
        return false;
    needs->slot = node->slot;
    if (node->text.len > 0)
        return need(needs, &node->text, 1, node->op != 0);
    const struct sv_words *words = sv_regex_words(node->regex);
    if (words == NULL)
        return false;
    size_t count;
    const struct sv_slice *texts = sv_words_texts(words, &count);
    return need(needs, texts, count, false);
}

/* ---- making ---- */

static void add_rung(struct sv_sieve *sieve, const struct sv_node *node, size_t expr)
{
    size_t l = 0;
    while (l < sieve->ladder_count && (sieve->ladders[l].rungs[0]->slot != node->slot || sieve->ladders[l].rungs[0]->eval != node->eval ||
                                       sieve->ladders[l].rungs[0]->null_absent != node->null_absent))
        l++;
    if (l == sieve->ladder_count) {
        if (sieve->ladder_count == sieve->ladder_room)
            sieve->ladders = grow(sieve, sieve->ladders, &sieve->ladder_room, sizeof *sieve->ladders);
        sieve->ladder_count++;
        sieve->ladders[l].all = new_bits(sieve, 1);
    }
    struct ladder *ladder = &sieve->ladders[l];
    if ((ladder->rung_count & (ladder->rung_count - 1)) == 0) { /* full: 0, 1, 2, 4 ... */
        const struct sv_node **more = sv_arena_alloc(&sieve->arena, (ladder->rung_count * 2 + 1) * sizeof(struct sv_node *));
        if (ladder->rung_count > 0)
            memcpy(more, ladder->rungs, ladder->rung_count * sizeof(struct sv_node *));
        ladder->rungs = more;
    }
    ladder->rungs[ladder->rung_count++] = node;
    set_bit(ladder->all, expr);
}

static size_t find_name(const struct names *names, struct sv_slice name)
{
    size_t i = 0;
    while (i < names->count && !sv_slice_equal(names->items[i], name))
        i++;
    return i;
}

static struct names *names_of(struct sv_sieve *sieve, uint32_t slot, bool are_beginnings)
{
    for (size_t i = 0; i < sieve->name_count; i++)
        if (sieve->names[i].slot == slot && sieve->names[i].are_beginnings == are_beginnings)
            return &sieve->names[i];
    if (sieve->name_count == sieve->name_room)
        sieve->names = grow(sieve, sieve->names, &sieve->name_room, sizeof *sieve->names);
    struct names *names = &sieve->names[sieve->name_count++];
    *names = (struct names){.slot = slot, .are_beginnings = are_beginnings, .all = new_bits(sieve, 1)};
    return names;
}

static void add_name(struct sv_sieve *sieve, struct names *names, struct sv_slice name, size_t expr)
{
    size_t at = find_name(names, name);
    if (at == NAMES_MAX)
        return; /* it is let through */
    if (at == names->count) {
        if (names->count == names->room) {
            size_t room = names->room;
            names->items = grow(sieve, names->items, &names->room, sizeof *names->items);
            names->of = grow(sieve, names->of, &room, sieve->words * sizeof(uint64_t));
        }
        names->items[names->count++] = name;
    }
    set_bit(&names->of[at * sieve->words], expr);
    set_bit(names->all, expr);
}

/* The texts go together where they can: a condition whose texts are in one group is looked for once. */
static void add_needs(struct sv_sieve *sieve, const struct needs *needs, size_t expr)
{
    struct texts *texts = NULL;
    for (size_t i = 0; i < sieve->text_count; i++) {
        struct texts *group = &sieve->texts[i];
        if (group->slot == needs->slot && group->are_simple == needs->are_simple && group->count + needs->count <= SV_WORDS_MAX)
            texts = group;
    }
    if (texts == NULL) {
        if (sieve->text_count == sieve->text_room)
            sieve->texts = grow(sieve, sieve->texts, &sieve->text_room, sizeof *sieve->texts);
        texts = &sieve->texts[sieve->text_count++];
        *texts = (struct texts){.slot = needs->slot, .are_simple = needs->are_simple, .all = new_bits(sieve, 1),
                                .of = new_bits(sieve, SV_WORDS_MAX)};
    }
    set_bit(texts->all, expr);
    for (size_t i = 0; i < needs->count; i++) {
        size_t at = 0;
        while (at < texts->count && !sv_slice_equal(texts->items[at], needs->texts[i]))
            at++;
        if (at == texts->count)
            texts->items[texts->count++] = needs->texts[i];
        set_bit(&texts->of[at * sieve->words], expr);
    }
}

static bool is_order(const struct sv_node *node)
{
    return (node->eval == sv_node_slot_gt || node->eval == sv_node_slot_ge || node->eval == sv_node_slot_lt || node->eval == sv_node_slot_le) &&
           node->number == node->number;
}

static void add_expression(struct sv_sieve *sieve, const struct sv_cel *expr, size_t number)
{
    const struct sv_node *const *parts = expr->root->eval == sv_node_and ? expr->root->kids : &expr->root;
    size_t count = expr->root->eval == sv_node_and ? expr->root->count : 1;
    struct needs needs = {.are_simple = true};
    for (size_t i = 0; i < count; i++) {
        const struct sv_node *node = parts[i];
        if (is_order(node))
            add_rung(sieve, node, number);
        else if (node->eval == sv_node_slot_starts && node->text.len > 0)
            add_name(sieve, names_of(sieve, node->slot, true), node->text, number);
        else if (node->eval == sv_node_not && node->a->eval == sv_node_slot_in && node->a->set->count <= NEEDS_MAX)
            for (uint32_t n = 0; n < node->a->set->count; n++)
                add_name(sieve, names_of(sieve, node->a->slot, false), node->a->set->strings[n], number);
    }
    if (find_needs(expr->root, &needs))
        add_needs(sieve, &needs, number);
}

/* ---- setting in order ---- */

static bool goes_up(const struct ladder *ladder)
{
    return ladder->rungs[0]->eval == sv_node_slot_gt || ladder->rungs[0]->eval == sv_node_slot_ge;
}

static int compare_rungs(const void *a, const void *b)
{
    double x = (*(const struct sv_node *const *)a)->number, y = (*(const struct sv_node *const *)b)->number;
    return (x > y) - (x < y);
}

static bool has_rung(const struct sv_node *const *parts, size_t count, const struct sv_node *rung)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i] == rung)
            return true;
    return false;
}

/* A condition may stand on two rungs of one ladder; it holds for what passes both. */
static void finish_ladder(struct sv_sieve *sieve, struct ladder *ladder, const struct sv_cel *const *exprs, size_t count)
{
    qsort(ladder->rungs, ladder->rung_count, sizeof *ladder->rungs, compare_rungs);
    for (size_t i = 0, j = ladder->rung_count - 1; !goes_up(ladder) && i < j; i++, j--) {
        const struct sv_node *rung = ladder->rungs[i];
        ladder->rungs[i] = ladder->rungs[j];
        ladder->rungs[j] = rung;
    }
    ladder->passed = new_bits(sieve, ladder->rung_count + 1);
    for (size_t e = 0; e < count; e++) {
        if (!(ladder->all[e / 64] >> e % 64 & 1))
            continue;
        const struct sv_node *root = exprs[e]->root;
        const struct sv_node *const *parts = root->eval == sv_node_and ? root->kids : &exprs[e]->root;
        size_t highest = 0;
        for (size_t r = 0; r < ladder->rung_count; r++)
            if (has_rung(parts, root->eval == sv_node_and ? root->count : 1, ladder->rungs[r]))
                highest = r + 1;
        for (size_t passed = highest; passed <= ladder->rung_count; passed++)
            set_bit(&ladder->passed[passed * sieve->words], e);
    }
}

/* Sorted as bytes; what is a beginning of another stands before it. */
static void finish_names(struct sv_sieve *sieve, struct names *names)
{
    for (size_t i = 1; i < names->count; i++) /* a few dozen: no need of more */
        for (size_t j = i; j > 0 && sv_slice_compare(names->items[j], names->items[j - 1]) < 0; j--) {
            struct sv_slice name = names->items[j];
            names->items[j] = names->items[j - 1];
            names->items[j - 1] = name;
            uint64_t *of = &names->of[j * sieve->words];
            for (size_t w = 0; w < sieve->words; w++) {
                uint64_t bits = of[w];
                of[w] = of[w - sieve->words];
                of[w - sieve->words] = bits;
            }
        }
    names->shorter = sv_arena_calloc(&sieve->arena, names->count, sizeof *names->shorter);
    for (size_t i = 0; i < names->count; i++)
        for (size_t j = 0; j < i; j++)
            if (sv_slice_starts(names->items[i], names->items[j]))
                names->shorter[i] = (uint32_t)j + 1;
}

static void finish(struct sv_sieve *sieve, const struct sv_cel *const *exprs, size_t count)
{
    for (size_t l = 0; l < sieve->ladder_count; l++)
        finish_ladder(sieve, &sieve->ladders[l], exprs, count);
    for (size_t t = 0; t < sieve->text_count; t++) /* case counts for some of them: found is what may be */
        sieve->texts[t].words = sv_words_new(&sieve->arena, sieve->texts[t].items, sieve->texts[t].count, true);
    for (size_t n = 0; n < sieve->name_count; n++)
        finish_names(sieve, &sieve->names[n]);
}

/* Those that too few conditions share are left out. */
static void drop_small(struct sv_sieve *sieve)
{
    size_t kept = 0;
    for (size_t i = 0; i < sieve->ladder_count; i++)
        if (share_some(sieve, sieve->ladders[i].all, sieve->ladders[i].all))
            sieve->ladders[kept++] = sieve->ladders[i];
    sieve->ladder_count = kept;
    kept = 0;
    for (size_t i = 0; i < sieve->text_count; i++)
        if (share_some(sieve, sieve->texts[i].all, sieve->texts[i].all))
            sieve->texts[kept++] = sieve->texts[i];
    sieve->text_count = kept;
    kept = 0;
    for (size_t i = 0; i < sieve->name_count; i++)
        if (share_some(sieve, sieve->names[i].all, sieve->names[i].all))
            sieve->names[kept++] = sieve->names[i];
    sieve->name_count = kept;
}

struct sv_sieve *sv_sieve_new(const struct sv_cel *const *exprs, size_t count)
{
    struct sv_sieve *sieve = sv_calloc(1, sizeof *sieve);
    sieve->words = (count + 63) / 64;
    for (size_t i = 0; i < count; i++)
        if (exprs[i] != NULL)
            add_expression(sieve, exprs[i], i);
    drop_small(sieve);
    finish(sieve, exprs, count);
    if (sieve->ladder_count + sieve->text_count + sieve->name_count > 0)
        return sieve;
    sv_sieve_free(sieve);
    return NULL;
}

void sv_sieve_free(struct sv_sieve *sieve)
{
    if (sieve == NULL)
        return;
    sv_arena_free(&sieve->arena);
    sv_free(sieve);
}

/* ---- running ---- */

static void climb(const struct sv_sieve *sieve, const struct ladder *ladder, struct sv_cel_run *run, uint64_t *bits)
{
    struct sv_value first = sv_node_run(ladder->rungs[0], run);
    size_t low = 0, high = ladder->rung_count;
    if (first.type != SV_BOOL)
        return; /* nor is any other */
    if (!first.b)
        high = 0;
    else
        low = 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sv_node_run(ladder->rungs[middle], run).b)
            low = middle + 1;
        else
            high = middle;
    }
    keep(sieve, bits, ladder->all, &ladder->passed[low * sieve->words]);
}

static void look_for_texts(const struct sv_sieve *sieve, const struct texts *texts, struct sv_cel_run *run, uint64_t *bits)
{
    struct sv_value *v = &run->slots[texts->slot];
    if (v->type != SV_STRING)
        return;
    bool as_it_is = !(v->flags & SV_ESCAPED) ||
                    (texts->are_simple && (v->flags & SV_ESCAPED_WIDE || sv_slice_find(sv_value_raw(*v), SV_SLICE("\\u00")) == NULL));
    uint64_t found = sv_words_which(texts->words, as_it_is ? sv_value_raw(*v) : sv_value_string(v, run->arena));
    for (size_t w = 0; w < sieve->words; w++) {
        uint64_t kept = ~texts->all[w];
        for (uint64_t rest = found; rest != 0; rest &= rest - 1)
            kept |= texts->of[(size_t)__builtin_ctzll(rest) * sieve->words + w];
        bits[w] &= kept;
    }
}

/* The last name that is not behind the text, + 1. */
static size_t place_of(const struct names *names, struct sv_slice text)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sv_slice_compare(names->items[middle], text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void look_at_name(const struct sv_sieve *sieve, const struct names *names, struct sv_cel_run *run, uint64_t *bits)
{
    struct sv_value *v = &run->slots[names->slot];
    if (v->type != SV_STRING)
        return;
    struct sv_slice text = sv_value_string(v, run->arena);
    size_t at = place_of(names, text);
    if (!names->are_beginnings) { /* it is one of those that it must not be */
        for (size_t w = 0; at > 0 && sv_slice_equal(names->items[at - 1], text) && w < sieve->words; w++)
            bits[w] &= ~names->of[(at - 1) * sieve->words + w];
        return;
    }
    while (at > 0 && !sv_slice_starts(text, names->items[at - 1]))
        at = names->shorter[at - 1];
    for (size_t w = 0; w < sieve->words; w++) {
        uint64_t kept = ~names->all[w];
        for (size_t n = at; n > 0; n = names->shorter[n - 1])
            kept |= names->of[(n - 1) * sieve->words + w];
        bits[w] &= kept;
    }
}

size_t sv_sieve_run(const struct sv_sieve *sieve, struct sv_cel_run *run, uint64_t *bits)
{
    if (!share_some(sieve, bits, bits))
        return 0; /* to look at one is as cheap */
    size_t before = count_of(sieve, bits);
    for (size_t i = 0; i < sieve->ladder_count; i++)
        if (share_some(sieve, bits, sieve->ladders[i].all))
            climb(sieve, &sieve->ladders[i], run, bits);
    for (size_t i = 0; i < sieve->name_count; i++)
        if (share_some(sieve, bits, sieve->names[i].all))
            look_at_name(sieve, &sieve->names[i], run, bits);
    for (size_t i = 0; i < sieve->text_count; i++)
        if (share_some(sieve, bits, sieve->texts[i].all))
            look_for_texts(sieve, &sieve->texts[i], run, bits);
    return before - count_of(sieve, bits);
}
