/* SPDX-License-Identifier: ISC */
#include "base/set.h"

#include "base/mem.h"

static bool insert(struct sv_set *set, uint64_t fingerprint)
{
    size_t at = (size_t)fingerprint & set->mask;
    for (; set->table[at] != 0; at = (at + 1) & set->mask)
        if (set->table[at] == fingerprint)
            return false;
    set->table[at] = fingerprint;
    set->count++;
    return true;
}

bool sv_set_add(struct sv_set *set, uint64_t fingerprint)
{
    if (set->table == NULL || set->count * 3 > set->mask * 2) {
        struct sv_set larger = {.mask = set->table == NULL ? 63 : set->mask * 2 + 1};
        larger.table = sv_calloc(larger.mask + 1, sizeof *larger.table);
        for (size_t i = 0; set->table != NULL && i <= set->mask; i++)
            if (set->table[i] != 0)
                insert(&larger, set->table[i]);
        sv_free(set->table);
        *set = larger;
    }
    return insert(set, fingerprint != 0 ? fingerprint : 1);
}

bool sv_set_has(const struct sv_set *set, uint64_t fingerprint)
{
    fingerprint = fingerprint != 0 ? fingerprint : 1;
    size_t at = (size_t)fingerprint & set->mask;
    for (; set->table != NULL && set->table[at] != 0; at = (at + 1) & set->mask)
        if (set->table[at] == fingerprint)
            return true;
    return false;
}

void sv_set_free(struct sv_set *set)
{
    sv_free(set->table);
    *set = (struct sv_set){0};
}
