/* SPDX-License-Identifier: ISC */
/* From an event to the policies that it may concern. Each policy with facts hangs under one of them: the field that most likely
 * tells events apart, chosen from the policy alone, so that what is tried does not depend on its neighbours. */
#include "policy/rule.h"

struct entry {
    struct sv_slice value; /* .data NULL: free */
    uint64_t hash;
    uint32_t *policies;
    size_t count;
};

struct field_index {
    uint32_t slot;
    struct entry *table; /* open addressing, at most half full */
    size_t mask, used;
};

/* Policies whose condition is absent where this slot is. */
struct need {
    uint32_t slot;
    uint32_t *policies;
    size_t count;
};

struct sv_index {
    uint64_t *always; /* policies without facts and needs */
    size_t words;
    struct field_index *fields;
    size_t field_count;
    struct need *needs;
    size_t need_count;
};

/* Names of tools and types are a few bytes: a multiplication a word is enough, and the table holds what policies say, not what
 * events say, so nobody can fill a chain. */
static uint64_t quick_hash(struct sv_slice s)
{
    uint64_t hash = s.len * UINT64_C(0x9E3779B97F4A7C15);
    for (; s.len >= 8; s.data += 8, s.len -= 8) {
        uint64_t word;
        memcpy(&word, s.data, 8);
        hash = (hash ^ word) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < s.len; i++)
        tail = tail << 8 | (unsigned char)s.data[i];
    hash = (hash ^ tail) * UINT64_C(0xFF51AFD7ED558CCD);
    return hash ^ hash >> 32;
}

static struct entry *find_entry(const struct field_index *field, struct sv_slice value, uint64_t hash)
{
    size_t i = hash & field->mask;
    while (field->table[i].value.data != NULL && !(field->table[i].hash == hash && sv_slice_equal(field->table[i].value, value)))
        i = (i + 1) & field->mask;
    return &field->table[i];
}

static void grow_table(struct field_index *field)
{
    struct entry *old = field->table;
    size_t size = old != NULL ? field->mask + 1 : 0;
    field->mask = size > 0 ? size * 2 - 1 : 15;
    field->table = sv_calloc(field->mask + 1, sizeof *field->table);
    for (size_t i = 0; i < size; i++)
        if (old[i].value.data != NULL)
            *find_entry(field, old[i].value, old[i].hash) = old[i];
    sv_free(old);
}

/* Doubles the room at each power of two. */
static void add_policy(uint32_t **policies, size_t *count, uint32_t policy)
{
    if ((*count & (*count - 1)) == 0)
        *policies = sv_realloc(*policies, (*count > 0 ? *count * 2 : 1) * sizeof **policies);
    (*policies)[(*count)++] = policy;
}

static void add_value(struct field_index *field, struct sv_slice value, uint32_t policy)
{
    if (value.data == NULL)
        value.data = "";
    if (field->table == NULL || field->used * 2 > field->mask)
        grow_table(field);
    uint64_t hash = quick_hash(value);
    struct entry *entry = find_entry(field, value, hash);
    if (entry->value.data == NULL) {
        entry->value = value;
        entry->hash = hash;
        field->used++;
    }
    if (entry->count > 0 && entry->policies[entry->count - 1] == policy)
        return; /* ["a", "a"] */
    add_policy(&entry->policies, &entry->count, policy);
}

static void add_need(struct sv_index *index, uint32_t slot, uint32_t policy)
{
    size_t n = 0;
    while (n < index->need_count && index->needs[n].slot != slot)
        n++;
    if (n == index->need_count) {
        index->needs = sv_realloc(index->needs, (n + 1) * sizeof *index->needs);
        index->needs[index->need_count++] = (struct need){.slot = slot};
    }
    add_policy(&index->needs[n].policies, &index->needs[n].count, policy);
}

static struct field_index *field_of(struct sv_index *index, uint32_t slot)
{
    for (size_t i = 0; i < index->field_count; i++)
        if (index->fields[i].slot == slot)
            return &index->fields[i];
    index->fields = sv_realloc(index->fields, (index->field_count + 1) * sizeof *index->fields);
    index->fields[index->field_count] = (struct field_index){.slot = slot};
    return &index->fields[index->field_count++];
}

/* Smaller is more selective. */
static int rank(uint32_t slot)
{
    switch (slot) {
    case SV_F_TOOL:
        return 0;
    case SV_F_TOOL_KIND:
        return 1;
    case SV_F_STATUS:
        return 2;
    case SV_F_TYPE:
        return 3;
    default:
        return 4;
    }
}

struct sv_index *sv_index_new(const struct sv_policies *set)
{
    struct sv_index *index = sv_calloc(1, sizeof *index);
    index->words = (set->count + 63) / 64;
    index->always = sv_calloc(index->words + 1, sizeof *index->always);
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        const struct sv_cel_fact *best = NULL;
        for (size_t f = 0; f < rule->fact_count; f++)
            if (best == NULL || rank(rule->facts[f].slot) < rank(best->slot))
                best = &rule->facts[f];
        if (best == NULL) {
            uint32_t need = rule->scoped ? SV_NO_SLOT : sv_cel_needs(rule->when); /* the scope is asked first */
            if (need != SV_NO_SLOT)
                add_need(index, need, (uint32_t)i);
            else
                index->always[i / 64] |= UINT64_C(1) << (i % 64);
            continue;
        }
        struct field_index *field = field_of(index, best->slot);
        for (size_t v = 0; v < best->count; v++)
            add_value(field, best->values[v], (uint32_t)i);
    }
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
    }
    for (size_t n = 0; n < index->need_count; n++)
        sv_free(index->needs[n].policies);
    sv_free(index->needs);
    sv_free(index->fields);
    sv_free(index->always);
    sv_free(index);
}

size_t sv_index_words(const struct sv_index *index)
{
    return index->words;
}

static void set_bits(uint64_t *bits, const uint32_t *policies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits[policies[i] / 64] |= UINT64_C(1) << (policies[i] % 64);
}

size_t sv_index_find(const struct sv_index *index, struct sv_event *event, uint64_t *bits)
{
    size_t absent = 0;
    memcpy(bits, index->always, index->words * sizeof *bits);
    for (size_t n = 0; n < index->need_count; n++)
        if (event->slots[index->needs[n].slot].type != SV_ABSENT)
            set_bits(bits, index->needs[n].policies, index->needs[n].count);
        else
            absent += index->needs[n].count;
    for (size_t f = 0; f < index->field_count; f++) {
        const struct field_index *field = &index->fields[f];
        struct sv_value *value = &event->slots[field->slot];
        if (value->type != SV_STRING || field->used == 0)
            continue;
        struct sv_slice text = sv_value_string(value, event->arena);
        const struct entry *entry = find_entry(field, text, quick_hash(text));
        set_bits(bits, entry->policies, entry->count);
    }
    return absent;
}
