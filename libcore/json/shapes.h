/* SPDX-License-Identifier: ISC */
/* shapes.h - what records looked like so far: which member came behind which. Private to json/.
 *
 * A program writes its records' members in few orders, each key always the same way. So the reader first compares what stands
 * between two values (`,"key":"`) with what stood there before; only where that is something else the key is read and looked up.
 * What is found is the same either way. Memory has a bound; when there is no room any more all is forgotten.
 *
 *     struct sv_shapes *shapes = sv_shapes_new();           // with the first record; free with sv_free
 *     parent = sv_shapes_root(shapes, node);
 *     shape = sv_shapes_expected(parent->first, p);          // then those of shape->next
 *     if (shape == NULL && (shape = sv_shapes_find(shapes, parent, text)) == NULL)
 *         shape = sv_shapes_add(shapes, parent, text);       // and fill it
 *     sv_shapes_link(shapes, last, shape);
 *     sv_shapes_clear(shapes);                               // paths were added: slots may be others
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_SHAPES_H
#define SV_JSON_SHAPES_H

#include <stdint.h>

#include "base/slice.h"
#include "json/paths.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    SV_SHAPES_MAX = 400,
    SV_SHAPE_BYTES = 32,
    SV_SHAPE_LINKS = 4,
    SV_SHAPE_ROOTS = 4
};

enum sv_shape_value {
    SV_SHAPE_ANY,    /* the text ends behind the colon */
    SV_SHAPE_STRING, /* with the quote that opens the value */
    SV_SHAPE_WORD    /* with the value: null, true or false */
};

/* Where there is more to a member than a value and its slot. */
enum sv_shape_care {
    SV_SHAPE_NESTS = 1,  /* something in the value is wanted, too; also nobody */
    SV_SHAPE_UNKNOWN = 2 /* nobody has registered the path */
};

/* A member of objects at some place, with what stands before it. */
struct sv_shape {
    char text[SV_SHAPE_BYTES]; /* from the end of the value before it, or from the brace: `,"key":` and more */
    uint32_t mask;             /* a bit for each byte of it */
    uint32_t slot;             /* where its value goes, or SV_NO_SLOT */
    uint32_t node;             /* whose children are wanted, or SV_NO_NODE */
    uint8_t len, head;         /* of text; up to the colon */
    uint8_t key, key_len;      /* where the key begins in it */
    uint64_t bit;              /* of its slot, if that is below 64 */
    uint8_t value;             /* enum sv_shape_value */
    uint8_t type;              /* of a word: SV_NULL or SV_BOOL, and */
    bool is_true;
    uint8_t care;              /* bits of enum sv_shape_care */
    struct sv_shape *parent;   /* the member that the object is the value of */
    struct sv_shape *next[SV_SHAPE_LINKS]; /* what came behind it. The last place is where newcomers have to prove themselves; */
    struct sv_shape *first[SV_SHAPE_LINKS]; /* and first in its value, or in objects in there. &nobody: none */
};

struct sv_shapes {
    struct sv_shape nobody;                  /* whom no text has */
    struct sv_shape items[SV_SHAPES_MAX];    /* [count] */
    uint16_t table[1024];                    /* open addressing by parent and text: index + 1 into items */
    struct {
        uint32_t node;
        struct sv_shape *shape; /* the object read is its value */
    } roots[SV_SHAPE_ROOTS];
    uint32_t count, root_count, missed;
};

struct sv_shapes *sv_shapes_new(void);

/* Whose value an object read at this node of the paths is; NULL: there is no room. */
struct sv_shape *sv_shapes_root(struct sv_shapes *shapes, uint32_t node);

/* The member with that text of objects below `parent`, or NULL. */
struct sv_shape *sv_shapes_find(struct sv_shapes *shapes, const struct sv_shape *parent, struct sv_slice text);

/* A new one, to be filled; NULL when there is no room. When that has been so many times all is forgotten: count is 0 then, and
 * what the caller holds of shapes is void. text: at most SV_SHAPE_BYTES. */
struct sv_shape *sv_shapes_add(struct sv_shapes *shapes, struct sv_shape *parent, struct sv_slice text);

/* It came behind `last`, or first below its parent where that is NULL. */
void sv_shapes_link(struct sv_shapes *shapes, struct sv_shape *last, struct sv_shape *shape);

void sv_shapes_clear(struct sv_shapes *shapes);

/* p can be read for SV_SHAPE_BYTES. */
static inline bool sv_shape_is_at(const struct sv_shape *shape, const char *p)
{
#ifdef __SSE2__
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_loadu_si128((const __m128i *)(const void *)shape->text));
    uint32_t same = (uint32_t)_mm_movemask_epi8(a);
    if (shape->mask > 0xFFFF) {
        __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16)),
                                   _mm_loadu_si128((const __m128i *)(const void *)(shape->text + 16)));
        same |= (uint32_t)_mm_movemask_epi8(b) << 16;
    }
    return (~same & shape->mask) == 0;
#else
    return memcmp(p, shape->text, shape->len) == 0;
#endif
}

/* The same, where it is not the first one. */
static inline struct sv_shape *sv_shapes_less_expected(struct sv_shape *links[SV_SHAPE_LINKS], const char *p)
{
    for (int i = 1; i < SV_SHAPE_LINKS - 1; i++)
        if (sv_shape_is_at(links[i], p))
            return links[i];
    struct sv_shape *shape = links[SV_SHAPE_LINKS - 1];
    if (!sv_shape_is_at(shape, p))
        return NULL;
    links[SV_SHAPE_LINKS - 1] = links[SV_SHAPE_LINKS - 2];
    links[SV_SHAPE_LINKS - 2] = shape;
    return shape;
}

/* The one of the links that is at p, or NULL. */
static inline struct sv_shape *sv_shapes_expected(struct sv_shape *links[SV_SHAPE_LINKS], const char *p)
{
    struct sv_shape *shape = links[0];
    return __builtin_expect(sv_shape_is_at(shape, p), 1) ? shape : sv_shapes_less_expected(links, p);
}

#endif
