/* SPDX-License-Identifier: ISC */
#include "json/shapes.h"

#include "base/mem.h"

enum { PATIENCE = 4096 /* times without room until all is forgotten */, TABLE = sizeof(((struct sv_shapes *)0)->table) / sizeof(uint16_t) };

_Static_assert(TABLE >= 2 * SV_SHAPES_MAX, "half of the table is free");

static void settle(struct sv_shape *shape, struct sv_shape *nobody)
{
    for (int i = 0; i < SV_SHAPE_LINKS; i++)
        shape->next[i] = shape->first[i] = nobody;
}

struct sv_shapes *sv_shapes_new(void)
{
    struct sv_shapes *shapes = sv_calloc(1, sizeof *shapes);
    shapes->nobody.text[0] = (char)0xFF; /* in no sound text */
    shapes->nobody.mask = shapes->nobody.len = 1;
    shapes->nobody.care = SV_SHAPE_NESTS;
    settle(&shapes->nobody, &shapes->nobody);
    return shapes;
}

static size_t place_of(const struct sv_shape *parent, struct sv_slice text)
{
    uint64_t head = 0, tail = 0;
    if (text.len >= 8) {
        head = sv_load8(text.data);
        tail = sv_load8(text.data + text.len - 8);
    } else {
        memcpy(&head, text.data, text.len);
    }
    uint64_t sum = (head + 31 * tail + text.len + (uint64_t)(uintptr_t)parent) * UINT64_C(0x9E3779B97F4A7C15);
    sum = (sum ^ sum >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(sum >> 40) % TABLE;
}

/* Where it is, or where it would be. */
static size_t probe(const struct sv_shapes *shapes, const struct sv_shape *parent, struct sv_slice text)
{
    size_t at = place_of(parent, text);
    for (; shapes->table[at] != 0; at = (at + 1) % TABLE) {
        const struct sv_shape *shape = &shapes->items[shapes->table[at] - 1];
        if (shape->parent == parent && shape->len == text.len && memcmp(shape->text, text.data, text.len) == 0)
            break;
    }
    return at;
}

struct sv_shape *sv_shapes_find(struct sv_shapes *shapes, const struct sv_shape *parent, struct sv_slice text)
{
    uint16_t number = shapes->table[probe(shapes, parent, text)];
    return number != 0 ? &shapes->items[number - 1] : NULL;
}

void sv_shapes_clear(struct sv_shapes *shapes)
{
    memset(shapes->table, 0, sizeof shapes->table);
    shapes->count = shapes->root_count = shapes->missed = 0;
}

static struct sv_shape *take(struct sv_shapes *shapes)
{
    if (shapes->count == SV_SHAPES_MAX)
        return NULL;
    struct sv_shape *shape = &shapes->items[shapes->count++];
    *shape = (struct sv_shape){.slot = SV_NO_SLOT, .node = SV_NO_NODE};
    settle(shape, &shapes->nobody);
    return shape;
}

struct sv_shape *sv_shapes_root(struct sv_shapes *shapes, uint32_t node)
{
    for (uint32_t i = 0; i < shapes->root_count; i++)
        if (shapes->roots[i].node == node)
            return shapes->roots[i].shape;
    if (shapes->root_count == SV_SHAPE_ROOTS)
        return NULL;
    struct sv_shape *shape = take(shapes);
    if (shape != NULL) {
        shapes->roots[shapes->root_count].node = node;
        shapes->roots[shapes->root_count++].shape = shape;
    }
    return shape;
}

struct sv_shape *sv_shapes_add(struct sv_shapes *shapes, struct sv_shape *parent, struct sv_slice text)
{
    size_t at = probe(shapes, parent, text);
    struct sv_shape *shape = take(shapes);
    if (shape == NULL) {
        if (++shapes->missed > PATIENCE)
            sv_shapes_clear(shapes);
        return NULL;
    }
    memcpy(shape->text, text.data, text.len);
    shape->len = (uint8_t)text.len;
    shape->mask = text.len >= 32 ? UINT32_MAX : (UINT32_C(1) << text.len) - 1;
    shape->parent = parent;
    shapes->table[at] = (uint16_t)shapes->count;
    return shape;
}

void sv_shapes_link(struct sv_shapes *shapes, struct sv_shape *last, struct sv_shape *shape)
{
    struct sv_shape **links = last != NULL ? last->next : shape->parent->first;
    int i = 0;
    while (i < SV_SHAPE_LINKS - 1 && links[i] != &shapes->nobody && links[i] != shape)
        i++;
    links[i] = shape;
}
