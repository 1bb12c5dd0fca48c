/* SPDX-License-Identifier: ISC */
#include "policy/yaml_build.h"

#include "base/map.h"

enum { KEYS_FEW = 16 }; /* are compared one by one */

static struct sv_yaml_node *add_node(struct sv_yaml_builder *b, enum sv_yaml_kind kind, const struct sv_yaml_span *span)
{
    struct sv_yaml_node *node = sv_arena_calloc(b->yaml->arena, 1, sizeof *node);
    node->kind = kind;
    node->yaml = b->yaml;
    node->missing = span == NULL;
    node->start = span != NULL ? span->start : b->at;
    node->end = span != NULL ? span->end : node->start;
    if (b->depth == 0) {
        b->yaml->root = node;
        return node;
    }
    struct sv_yaml_open *open = &b->open[b->depth - 1];
    if (open->node->kind == SV_YAML_MAP && open->key != NULL) {
        open->key->value = node;
        open->key = NULL;
        return node;
    }
    *open->tail = node;
    open->tail = &node->next;
    open->node->count++;
    if (open->node->kind == SV_YAML_MAP)
        open->key = node;
    return node;
}

/* The key of the mapping that says the same as this one and stands before it, or NULL. */
static const struct sv_yaml_node *same_key(struct sv_yaml_open *open, struct sv_yaml_node *key)
{
    const struct sv_yaml_node *map = open->node;
    if (map->count <= KEYS_FEW) {
        for (const struct sv_yaml_node *k = map->first; k != key; k = k->next)
            if (k->text.len == key->text.len && memcmp(k->text.data, key->text.data, key->text.len) == 0)
                return k;
        return NULL;
    }
    if (open->keys == NULL) {
        open->keys = sv_calloc(1, sizeof *open->keys);
        for (struct sv_yaml_node *k = map->first; k != key; k = k->next) {
            struct sv_map_item *item = sv_map_at(open->keys, k->text);
            item->pointer = item->pointer != NULL ? item->pointer : k;
        }
    }
    struct sv_map_item *seen = sv_map_at(open->keys, key->text);
    if (seen->pointer != NULL)
        return seen->pointer;
    seen->pointer = key;
    return NULL;
}

void sv_yaml_build_scalar(struct sv_yaml_builder *b, enum sv_yaml_style style, const struct sv_yaml_span *span, struct sv_slice text)
{
    struct sv_yaml_node *node = add_node(b, SV_YAML_SCALAR, span);
    node->style = style;
    node->text = style == SV_YAML_SINGLE && !node->missing ? sv_yaml_unquote(b->yaml, node) : sv_arena_dup(b->yaml->arena, text);
    b->at = node->end > b->at ? node->end : b->at;
    if (b->depth == 0 || b->open[b->depth - 1].key != node)
        return;
    const struct sv_yaml_node *first = same_key(&b->open[b->depth - 1], node);
    if (first != NULL)
        sv_yaml_find(b->yaml, b->findings, node->start, node->end, "key \"%.*s\" stands twice (first in line %u)",
                     SV_ARG(node->text), (unsigned)sv_yaml_line(b->yaml, first->start));
}

bool sv_yaml_build_open(struct sv_yaml_builder *b, enum sv_yaml_kind kind, const struct sv_yaml_span *span)
{
    uint32_t at = span != NULL ? span->start : b->at;
    if (b->depth == SV_YAML_DEPTH_MAX) {
        sv_yaml_find(b->yaml, b->findings, at, at + 1, "nested deeper than %d", SV_YAML_DEPTH_MAX);
        return false;
    }
    struct sv_yaml_node *node = add_node(b, kind, span);
    if (b->depth > 0 && b->open[b->depth - 1].key == node) {
        sv_yaml_find(b->yaml, b->findings, at, at + 1, "a key must be a plain word, not a list or mapping");
        return false;
    }
    node->missing = false;
    node->flow = node->start < b->yaml->text.len && b->yaml->text.data[node->start] == (kind == SV_YAML_MAP ? '{' : '[');
    b->at = at;
    b->open[b->depth++] = (struct sv_yaml_open){.node = node, .tail = &node->first};
    return true;
}

static void free_keys(struct sv_yaml_open *open)
{
    if (open->keys == NULL)
        return;
    sv_map_free(open->keys);
    sv_free(open->keys);
}

void sv_yaml_build_close(struct sv_yaml_builder *b, const struct sv_yaml_span *span)
{
    struct sv_yaml_open *open = &b->open[--b->depth];
    struct sv_yaml_node *node = open->node;
    free_keys(open);
    node->end = node->flow && span != NULL ? span->end : b->at;
    b->at = node->end > b->at ? node->end : b->at;
}

void sv_yaml_build_free(struct sv_yaml_builder *b)
{
    while (b->depth > 0)
        free_keys(&b->open[--b->depth]);
}
