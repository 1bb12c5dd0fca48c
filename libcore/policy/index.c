/* SPDX-License-Identifier: ISC */
/* From an event to the tries (conditions of policies) that it may concern, as bits: those of every field's value (with those that do not ask for the
 * field) are cut with each other, so one is made only where all its facts on indexed fields are met. */
#include "policy/rule.h"

enum { FIELDS_MAX = 16 }; /* indexed; a fact on another field is left to its condition */

struct entry {
    struct sv_slice value; /* .data NULL: free */
    uint64_t *policies; /* that ask for this value or, once all are added, not for the field */
};

struct field_index {
    uint32_t slot;
    struct entry *table; /* open addressing, at most half full */
    size_t mask, used;
    uint64_t *others; /* policies that do not ask for the field */
};

/* Policies whose condition is absent where this slot is. */
struct need {
    uint32_t slot;
    uint64_t *policies;
    size_t count;
};

struct sv_index {
    uint64_t *all;
    size_t words;
    struct field_index fields[FIELDS_MAX];
    size_t field_count;
    struct need *needs;
    size_t need_count;
};

/* By length and ends, without a branch: names of tools and types come in all lengths. The table holds what policies say, not what
 * events say, so nobody can fill a chain. */
static inline size_t place_of(struct sv_slice value)
{
    static const char none[] = "";
    const char *data = value.len > 0 ? value.data : none;
    size_t last = value.len - (value.len > 0);
    return value.len * 7 + (unsigned char)data[0] * 5 + (unsigned char)data[last] * 3 + (unsigned char)data[last / 2];
}

/* The entry, or where it would be. */
static inline struct entry *find_entry(const struct field_index *field, struct sv_slice value)
{
    size_t i = place_of(value) & field->mask;
    struct entry *entry = &field->table[i];
    while (entry->value.data != NULL && !(entry->value.len == value.len && sv_same_bytes(entry->value.data, value.data, value.len))) {
        i = (i + 1) & field->mask;
        entry = &field->table[i];
    }
    return entry;
}

static void grow_table(struct field_index *field)
{
    struct entry *old = field->table;
    size_t size = old != NULL ? field->mask + 1 : 0;
    field->mask = size > 0 ? size * 2 - 1 : 15;
    field->table = sv_calloc(field->mask + 1, sizeof *field->table);
    for (size_t i = 0; i < size; i++)
        if (old[i].value.data != NULL)
            *find_entry(field, old[i].value) = old[i];
    sv_free(old);
}

static uint64_t *new_bits(const struct sv_index *index)
{
    return sv_calloc(index->words + 1, sizeof(uint64_t));
}

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void add_value(const struct sv_index *index, struct field_index *field, struct sv_slice value, size_t policy)
{
    if (value.data == NULL)
        value.data = "";
    if (field->table == NULL || field->used * 2 > field->mask)
        grow_table(field);
    struct entry *entry = find_entry(field, value);
    if (entry->value.data == NULL) {
        *entry = (struct entry){value, new_bits(index)};
        field->used++;
    }
    set_bit(entry->policies, policy);
}

static void add_need(struct sv_index *index, uint32_t slot, size_t policy)
{
    size_t n = 0;
    while (n < index->need_count && index->needs[n].slot != slot)
        n++;
    if (n == index->need_count) {
        index->needs = sv_realloc(index->needs, (n + 1) * sizeof *index->needs);
        index->needs[index->need_count++] = (struct need){.slot = slot, .policies = new_bits(index)};
    }
    set_bit(index->needs[n].policies, policy);
    index->needs[n].count++;
}

/* NULL when there is no room for another field. */
static struct field_index *field_of(struct sv_index *index, uint32_t slot)
{
    for (size_t i = 0; i < index->field_count; i++)
        if (index->fields[i].slot == slot)
            return &index->fields[i];
    if (index->field_count == FIELDS_MAX)
        return NULL;
    struct field_index *field = &index->fields[index->field_count++];
    *field = (struct field_index){.slot = slot, .others = new_bits(index)};
    memcpy(field->others, index->all, index->words * sizeof *field->others);
    return field;
}

static void add_try(struct sv_index *index, const struct sv_policy_try *try, size_t policy)
{
    for (size_t f = 0; f < try->fact_count; f++) {
        const struct sv_cel_fact *fact = &try->facts[f];
        struct field_index *field = field_of(index, fact->slot);
        if (field == NULL || !(field->others[policy / 64] >> (policy % 64) & 1))
            continue; /* of two facts on a field one is enough */
        field->others[policy / 64] &= ~(UINT64_C(1) << (policy % 64));
        for (size_t v = 0; v < fact->count; v++)
            add_value(index, field, fact->values[v], policy);
    }
    uint32_t need = try->scoped || try->fact_count > 0 ? SV_NO_SLOT : sv_cel_needs(try->when); /* the scope is asked first */
    if (need != SV_NO_SLOT)
        add_need(index, need, policy);
}

struct sv_index *sv_index_new(const struct sv_policies *set)
{
    static const uint32_t usual[] = {SV_F_TOOL, SV_F_TOOL_KIND, SV_F_STATUS, SV_F_TYPE}; /* always have room */
    struct sv_index *index = sv_calloc(1, sizeof *index);
    index->words = ((set->try_count > set->count ? set->try_count : set->count) + 63) / 64;
    index->all = new_bits(index);
    for (size_t i = 0; i < set->try_count; i++)
        set_bit(index->all, i);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        field_of(index, usual[i]);
    for (size_t i = 0; i < set->try_count; i++)
        add_try(index, &set->tries[i], i);
    for (size_t f = 0; f < index->field_count; f++)
        for (size_t i = 0; index->fields[f].table != NULL && i <= index->fields[f].mask; i++)
            for (size_t w = 0; index->fields[f].table[i].policies != NULL && w < index->words; w++)
                index->fields[f].table[i].policies[w] |= index->fields[f].others[w];
    return index;
}

void sv_index_free(struct sv_index *index)
{
    if (index == NULL)
        return;
    for (size_t f = 0; f < index->field_count; f++) {
        for (size_t i = 0; index->fields[f].table != NULL && i <= index->fields[f].mask; i++)
            sv_free(index->fields[f].table[i].policies);
        sv_free(index->fields[f].table);
        sv_free(index->fields[f].others);
    }
    for (size_t n = 0; n < index->need_count; n++)
        sv_free(index->needs[n].policies);
    sv_free(index->needs);
    sv_free(index->all);
    sv_free(index);
}

size_t sv_index_words(const struct sv_index *index)
{
    return index->words;
}

size_t sv_index_find(const struct sv_index *index, struct sv_event *event, uint64_t *bits)
{
    const uint64_t *those[FIELDS_MAX] SV_UNCLEARED;
    size_t count = 0, absent = 0;
    for (size_t f = 0; f < index->field_count; f++) {
        const struct field_index *field = &index->fields[f];
        if (field->used == 0)
            continue;
        struct sv_value *value = &event->slots[field->slot];
        const struct entry *entry = value->type == SV_STRING ? find_entry(field, sv_value_string(value, event->arena)) : NULL;
        those[count++] = entry != NULL && entry->value.data != NULL ? entry->policies : field->others;
    }
    for (size_t w = 0; w < index->words; w++) {
        bits[w] = index->all[w];
        for (size_t i = 0; i < count; i++)
            bits[w] &= those[i][w];
    }
    for (size_t n = 0; n < index->need_count; n++) {
        if (event->slots[index->needs[n].slot].type != SV_ABSENT)
            continue;
        absent += index->needs[n].count;
        for (size_t w = 0; w < index->words; w++)
            bits[w] &= ~index->needs[n].policies[w];
    }
    return absent;
}
