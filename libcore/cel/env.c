/* SPDX-License-Identifier: ISC */
#include "cel/env.h"

#include "cel/val.h"

struct sv_cel_env *sv_cel_env_new(struct sv_cel_env *parent, struct sv_paths *paths, struct sv_arena *arena)
{
    struct sv_cel_env *env = sv_calloc(1, sizeof *env);
    if (parent == NULL) {
        env->root = env;
        env->paths = paths;
        env->arena = arena;
        return env;
    }
    env->root = parent->root;
    env->parent = parent;
    env->paths = parent->paths;
    env->arena = arena != NULL ? arena : parent->arena;
    env->container = parent->container;
    env->is_unchecked = parent->is_unchecked;
    env->is_strict = parent->is_strict;
    env->sibling = env->root->children; /* the root knows them all, to free them */
    env->root->children = env;
    return env;
}

void sv_cel_env_free(struct sv_cel_env *root)
{
    if (root == NULL)
        return;
    for (struct sv_cel_env *env = root->children, *next; env != NULL; env = next) {
        next = env->sibling;
        sv_map_free(&env->symbols);
        sv_free(env);
    }
    for (size_t i = 0; i < root->regex_count; i++)
        sv_regex_free(root->regexes[i]);
    sv_free(root->regexes);
    sv_map_free(&root->sets);
    sv_map_free(&root->symbols);
    sv_free(root);
}

void sv_env_keep(struct sv_cel_env *env, struct sv_regex *regex)
{
    struct sv_cel_env *root = env->root;
    if (root->regex_count == root->regex_capacity) {
        root->regex_capacity = root->regex_capacity * 2 + 16;
        root->regexes = sv_realloc(root->regexes, root->regex_capacity * sizeof(struct sv_regex *));
    }
    root->regexes[root->regex_count++] = regex;
}

void sv_cel_env_also(struct sv_cel_env *env, struct sv_cel_env *other)
{
    env->also = other;
}

void sv_cel_env_container(struct sv_cel_env *env, struct sv_slice container)
{
    env->container = sv_arena_dup(env->arena, container);
}

void sv_cel_env_unchecked(struct sv_cel_env *env)
{
    env->is_unchecked = true;
}

void sv_cel_env_strict(struct sv_cel_env *env)
{
    env->is_strict = true;
}

void sv_cel_env_over(struct sv_cel_env *env, const struct sv_cel_over *over)
{
    env->over = over;
}

static struct sv_symbol *declare(struct sv_cel_env *env, struct sv_slice name, enum sv_symbol_kind kind, enum sv_cel_type type)
{
    struct sv_symbol *symbol = sv_arena_calloc(env->arena, 1, sizeof *symbol);
    symbol->kind = kind;
    symbol->type = type;
    symbol->used = &symbol->was_used;
    sv_map_at(&env->symbols, name)->pointer = symbol;
    return symbol;
}

void sv_cel_env_path(struct sv_cel_env *env, struct sv_slice name, uint32_t node, enum sv_cel_type type, bool *used)
{
    struct sv_symbol *symbol = declare(env, name, SV_SYMBOL_PATH, type);
    symbol->at = node;
    if (used != NULL)
        symbol->used = used;
}

void sv_cel_env_slot(struct sv_cel_env *env, struct sv_slice name, uint32_t slot, enum sv_cel_type type, bool *used)
{
    struct sv_symbol *symbol = declare(env, name, SV_SYMBOL_SLOT, type);
    symbol->at = slot;
    if (used != NULL)
        symbol->used = used;
}

void sv_cel_env_root(struct sv_cel_env *env, struct sv_slice name, uint32_t node)
{
    declare(env, name, SV_SYMBOL_ROOT, SV_CEL_DYN)->at = node;
}

void sv_cel_env_let(struct sv_cel_env *env, struct sv_slice name, const struct sv_cel *expr)
{
    struct sv_symbol *symbol = declare(env, name, SV_SYMBOL_LET, sv_cel_result_type(expr));
    symbol->let = expr;
    symbol->at = env->root->lets++;
}

static const struct sv_symbol *find_exact(const struct sv_cel_env *env, struct sv_slice name)
{
    const struct sv_map_item *item = NULL;
    for (const struct sv_cel_env *e = env; e != NULL && item == NULL; e = e->parent)
        item = sv_map_find(&e->symbols, name);
    for (const struct sv_cel_env *e = env; e != NULL && item == NULL; e = e->parent)
        item = e->also != NULL ? sv_map_find(&e->also->symbols, name) : NULL;
    return item != NULL ? item->pointer : NULL;
}

bool sv_cel_env_used(const struct sv_cel_env *env, struct sv_slice name)
{
    const struct sv_map_item *item = sv_map_find(&env->symbols, name);
    return item != NULL && *((const struct sv_symbol *)item->pointer)->used;
}

const struct sv_symbol *sv_env_find(const struct sv_cel_env *env, struct sv_slice name, bool is_rooted)
{
    struct sv_slice container = env->container;
    while (!is_rooted && container.len > 0) {
        struct sv_buf full = {0};
        sv_buf_add(&full, container);
        sv_buf_char(&full, '.');
        sv_buf_add(&full, name);
        const struct sv_symbol *symbol = find_exact(env, sv_buf_slice(&full));
        sv_buf_free(&full);
        if (symbol != NULL)
            return symbol;
        while (container.len > 0 && container.data[container.len - 1] != '.')
            container.len--;
        if (container.len > 0)
            container.len--;
    }
    return find_exact(env, name);
}

/* ---- "did you mean" ---- */

enum { SUGGEST_MAX = 40 }; /* bytes; what is longer is no slip of the finger */

/* Optimal string alignment: insertions, deletions, exchanges, and neighbours swapped. */
static size_t distance(struct sv_slice a, struct sv_slice b)
{
    size_t rows[3][SUGGEST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = last[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        size_t *swap = before;
        before = last;
        last = now;
        now = swap;
    }
    return last[b.len];
}

/* Keeps the closest name within a third of its length. */
struct closest {
    struct sv_slice name;
    const char *best;
    size_t distance;
};

static void closest_try(struct closest *c, const char *candidate)
{
    struct sv_slice other = sv_slice_str(candidate);
    if (other.len > SUGGEST_MAX || c->name.len > SUGGEST_MAX || other.len == 0)
        return;
    size_t longest = other.len > c->name.len ? other.len : c->name.len;
    size_t allowed = (longest + 1) / 3;
    size_t d = distance(c->name, other);
    if (d <= allowed && d < longest && (c->best == NULL || d < c->distance)) {
        c->best = candidate;
        c->distance = d;
    }
}

const char *sv_cel_suggest(struct sv_slice name, const char *const *names, size_t count)
{
    struct closest c = {.name = name};
    for (size_t i = 0; i < count; i++)
        closest_try(&c, names[i]);
    return c.best;
}

const char *sv_env_suggest(const struct sv_cel_env *env, struct sv_slice name, struct sv_slice prefix, size_t most)
{
    struct closest c = {.name = name};
    for (; env != NULL; env = env->parent)
        for (size_t i = 0; i < env->symbols.count; i++)
            if (sv_slice_starts(env->symbols.items[i].key, prefix))
                closest_try(&c, env->symbols.items[i].key.data + prefix.len);
    return c.best != NULL && c.distance <= most ? c.best : NULL;
}

void sv_cel_env_constant(struct sv_cel_env *env, struct sv_slice name, struct sv_value value)
{
    if (sv_value_is_array(value)) { /* once, here, not at every look into it */
        struct sv_cel_run run = {.arena = env->arena};
        struct sv_val_walk walk;
        struct sv_value *items = sv_arena_calloc(env->arena, sv_val_size(&run, value) + 1, sizeof *items);
        size_t count = 0;
        for (sv_val_walk(&walk, value); sv_val_next(&walk, &run, &items[count]); count++)
            ;
        value = sv_val_list(env->arena, items, count);
    }
    value = sv_val_plain(value, env->arena);
    declare(env, name, SV_SYMBOL_CONSTANT, sv_val_type(value))->value = value;
}
