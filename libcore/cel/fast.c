/* SPDX-License-Identifier: ISC */
/* Nodes for what conditions are made of: a slot against a constant. They say the same as the general nodes (tests compare them),
 * faster: no value is copied, and a string that still has its JSON escapes is unescaped only when the answer needs it. */
#include <stdint.h>

#include "cel/ast.h"
#include "cel/node.h"

/* What is left to say when a slot is no string where the constant is one. */
static struct sv_value not_text(const struct sv_node *node, struct sv_value v)
{
    if (v.type == SV_ABSENT || (v.type == SV_NULL && node->null_absent))
        return sv_value_of(SV_ABSENT);
    return v.type == SV_ERROR ? v : sv_val_no_overload();
}

/* ---- slot == text ---- */

/* An escape takes two to six bytes for one to three (twelve for four): from the length of a text with escapes follows the range
 * that its plain form's length lies in. */
static inline bool length_is_possible(size_t escaped, size_t plain)
{
    return plain < escaped && plain * 6 >= escaped;
}

struct sv_value sv_node_slot_is(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type == SV_STRING) {
        if (v->flags & SV_ESCAPED) {
            if (!length_is_possible(v->len, node->text.len))
                return sv_value_bool(node->is_not);
            sv_value_string(v, run->arena);
        }
        bool same = v->len == node->text.len && sv_same_bytes(v->s, node->text.data, node->text.len);
        return sv_value_bool(same != node->is_not);
    }
    if (sv_val_is_bad(*v) || (v->type == SV_NULL && node->null_absent))
        return not_text(node, *v);
    return sv_value_bool(node->is_not);
}

/* ---- slot in [texts] ---- */

static inline uint32_t set_hash(struct sv_slice s)
{
    uint32_t h = (uint32_t)s.len * 0x9E3779B1u;
    if (s.len >= 4)
        h ^= sv_load4(s.data) * 0x85EBCA77u ^ sv_load4(s.data + s.len - 4) * 0xC2B2AE3Du;
    else if (s.len > 0)
        h ^= ((unsigned)(unsigned char)s.data[0] << 8 | (unsigned char)s.data[s.len - 1]) * 0x85EBCA77u;
    return h ^ h >> 15;
}

/* The texts are the policy's, not the input's: how long a look-up can take is fixed when it is loaded. */
const struct sv_node_set *sv_node_set_new(struct sv_arena *arena, const struct sv_slice *strings, size_t count)
{
    struct sv_node_set *set = sv_arena_calloc(arena, 1, sizeof *set);
    set->strings = strings;
    set->count = (uint32_t)count;
    if (count <= 8)
        return set;
    uint32_t size = 32;
    while (size < 4 * count)
        size *= 2;
    uint32_t *table = sv_arena_calloc(arena, size, sizeof *table);
    set->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = set_hash(strings[i]) & set->mask;
        while (table[at] != 0 && !sv_slice_equal(strings[table[at] - 1], strings[i]))
            at = (at + 1) & set->mask;
        if (table[at] == 0)
            table[at] = (uint32_t)i + 1;
    }
    set->table = table;
    return set;
}

static inline bool set_has(const struct sv_node_set *set, struct sv_slice s)
{
    if (set->table == NULL) {
        for (uint32_t i = 0; i < set->count; i++)
            if (set->strings[i].len == s.len && sv_same_bytes(set->strings[i].data, s.data, s.len))
                return true;
        return false;
    }
    for (uint32_t at = set_hash(s) & set->mask; set->table[at] != 0; at = (at + 1) & set->mask) {
        struct sv_slice other = set->strings[set->table[at] - 1];
        if (other.len == s.len && sv_same_bytes(other.data, s.data, s.len))
            return true;
    }
    return false;
}

struct sv_value sv_node_slot_in(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type == SV_STRING)
        return sv_value_bool(set_has(node->set, sv_value_string(v, run->arena)));
    if (sv_val_is_bad(*v) || (v->type == SV_NULL && node->null_absent))
        return not_text(node, *v);
    return sv_value_bool(false);
}

struct sv_value sv_node_value_in(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (sv_val_is_bad(v))
        return v;
    return sv_value_bool(v.type == SV_STRING && set_has(node->set, sv_value_raw(v)));
}

/* ---- slot.contains(text), startsWith ---- */

/* How often a byte is met in commands, code and prose, roughly; higher is more often. */
static int commonness(unsigned char c)
{
    static const char common[] = " etaoinsrhldcu/.-\"mfpg,_yb";
    const char *found = c != '\0' ? strchr(common, (char)c) : NULL;
    if (found != NULL)
        return 64 - (int)(found - common);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? 20 : c >= 0x80 ? 15 : 10;
}

uint32_t sv_node_rarest(struct sv_slice text)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < text.len; i++)
        if (commonness((unsigned char)text.data[i]) < commonness((unsigned char)text.data[best]))
            best = i;
    return best;
}

void sv_node_rare_bytes(struct sv_slice text, uint8_t rare[4])
{
    for (int r = 0; r < 4; r++) {
        rare[r] = r > 0 ? rare[r - 1] : 0;
        int best = 1000;
        for (size_t i = 0; i < text.len; i++) {
            uint8_t c = (uint8_t)text.data[i];
            bool known = memchr(rare, c, (size_t)r) != NULL;
            if (!known && commonness(c) < best) {
                best = commonness(c);
                rare[r] = c;
            }
        }
    }
}

static void note_bytes(uint8_t has[256], struct sv_slice s)
{
    const unsigned char *p = (const unsigned char *)s.data, *end = p + s.len;
    memset(has, 0, 256);
    for (; end - p >= 8; p += 8) {
        has[p[0]] = has[p[1]] = has[p[2]] = has[p[3]] = 1;
        has[p[4]] = has[p[5]] = has[p[6]] = has[p[7]] = 1;
    }
    for (; p < end; p++)
        has[*p] = 1;
}

/* Where several texts are looked for in one slot, the bytes that it has at all answer for most of them. */
static bool lacks_a_byte(const struct sv_node *node, struct sv_value *v, struct sv_cel_run *run)
{
    enum { WORTH = 32 }; /* bytes; below that a search is as cheap */
    if (run->event == 0 || v->len < WORTH)
        return false;
    struct sv_memo_text *known = sv_memo_text(run, node->slot);
    if (!known->is_filled) {
        if (known->asked == 1 && !known->is_popular)
            return false;
        note_bytes(known->has, sv_value_string(v, run->arena));
        known->is_filled = true;
    }
    return !(known->has[node->rare[0]] & known->has[node->rare[1]] & known->has[node->rare[2]] & known->has[node->rare[3]]);
}

/* Whether the text occurs: goes by its rarest byte, which memchr finds many times faster than memmem a text; where that byte
 * turns out to be common, memmem after all, so that the time stays linear. */
static bool occurs(struct sv_slice s, struct sv_slice text, uint32_t rarest)
{
    if (s.len < text.len)
        return false;
    const char *at = s.data + rarest, *end = s.data + s.len - (text.len - rarest) + 1;
    for (int tries = 0; tries < 8; tries++) {
        at = memchr(at, text.data[rarest], (size_t)(end - at));
        if (at == NULL)
            return false;
        if (sv_same_bytes(at - rarest, text.data, text.len))
            return true;
        if (++at >= end)
            return false;
    }
    at -= rarest;
    return sv_slice_find(sv_slice(at, (size_t)(s.data + s.len - at)), text) != NULL;
}

/* Such a search is work in proportion to the text; who loops looks at it before the next round. */
static inline void charge_search(struct sv_cel_run *run, const struct sv_value *v)
{
    run->steps += v->len / 1024;
}

/* Whether the plain form of a text with escapes can contain a constant that has no character which JSON may escape in another
 * way than \u00 (op, decided by build.c): only if the text has such an escape, or the constant just as it stands. */
static bool may_contain(const struct sv_node *node, struct sv_value v)
{
    return occurs(sv_value_raw(v), node->text, node->count) ||
           (!(v.flags & SV_ESCAPED_WIDE) && sv_slice_find(sv_value_raw(v), SV_SLICE("\\u00")) != NULL);
}

struct sv_value sv_node_slot_contains(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type != SV_STRING)
        return not_text(node, *v);
    if (lacks_a_byte(node, v, run))
        return sv_value_bool(false);
    charge_search(run, v);
    if (v->flags & SV_ESCAPED) {
        if (node->op != 0 && !may_contain(node, *v))
            return sv_value_bool(false);
        sv_value_string(v, run->arena);
    }
    return sv_value_bool(occurs(sv_value_raw(*v), node->text, node->count));
}

/* [texts].exists(x, a.contains(x)) */
struct sv_value sv_node_contains_any(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type != SV_STRING)
        return sv_val_is_bad(v) ? v : sv_val_no_overload();
    charge_search(run, &v);
    return sv_value_bool(sv_words_found(node->words, sv_value_raw(v)));
}

struct sv_value sv_node_slot_starts(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type != SV_STRING)
        return not_text(node, *v);
    if (v->flags & SV_ESCAPED) { /* what stands before the first escape is plain */
        for (size_t i = 0; i < node->text.len && i < v->len && v->s[i] != '\\'; i++)
            if (v->s[i] != node->text.data[i])
                return sv_value_bool(false);
        sv_value_string(v, run->arena);
    }
    return sv_value_bool(v->len >= node->text.len && sv_same_bytes(v->s, node->text.data, node->text.len));
}

/* ---- slot.matches(pattern) ---- */

struct sv_value sv_node_slot_matches(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type != SV_STRING)
        return not_text(node, *v);
    charge_search(run, v);
    if (v->flags & SV_ESCAPED) {
        if (node->op != 0 && !may_contain(node, *v)) /* text: what every match contains */
            return sv_value_bool(false);
        sv_value_string(v, run->arena);
    }
    if (node->text.len > 0 && !occurs(sv_value_raw(*v), node->text, node->count))
        return sv_value_bool(false);
    return sv_fn_search(run, node->regex, sv_value_raw(*v));
}

struct sv_value sv_node_value_matches(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_STRING && !sv_val_charge(run, 1))
        return sv_val_limit();
    if (v.type == SV_STRING && node->text.len > 0 && !occurs(sv_value_raw(v), node->text, node->count)) {
        charge_search(run, &v);
        return sv_value_bool(false);
    }
    if (v.type == SV_STRING)
        return sv_fn_search(run, node->regex, sv_value_raw(v));
    return sv_val_is_bad(v) ? v : sv_val_no_overload();
}

/* ---- slot < number, and its kin ---- */

/* The constant as a double is exact (build.c sees to that), so doubles compare as such. */
#define NUMBER(name, sign, holds)                                                                                                  \
    struct sv_value name(const struct sv_node *node, struct sv_cel_run *run)                                                       \
    {                                                                                                                              \
        const struct sv_value *v = &run->slots[node->slot];                                                                        \
        if (v->type == SV_DOUBLE)                                                                                                  \
            return sv_value_bool(v->d sign node->number);                                                                          \
        if (v->type == SV_INT && node->value.type == SV_INT)                                                                       \
            return sv_value_bool(v->i sign node->value.i);                                                                         \
        if (v->type != SV_INT && v->type != SV_UINT)                                                                               \
            return not_text(node, *v);                                                                                             \
        int order = sv_val_compare(*v, node->value);                                                                               \
        return sv_value_bool(order != SV_VAL_UNORDERED && (holds));                                                                \
    }

NUMBER(sv_node_slot_lt, <, order < 0)
NUMBER(sv_node_slot_le, <=, order <= 0)
NUMBER(sv_node_slot_gt, >, order > 0)
NUMBER(sv_node_slot_ge, >=, order >= 0)

struct sv_value sv_node_slot_number_is(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = run->slots[node->slot];
    if (sv_val_is_number(v))
        return sv_value_bool((sv_val_compare(v, node->value) == 0) != node->is_not);
    if (sv_val_is_bad(v) || (v.type == SV_NULL && node->null_absent))
        return not_text(node, v);
    return sv_value_bool(node->is_not);
}
