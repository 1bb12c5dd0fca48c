/* SPDX-License-Identifier: ISC */
/* mem.h - memory: the heap, and arenas for everything that dies together.
 *
 * Out of memory ends the process (status 4, or sv_mem_exit_status): the only place in libcore that prints and exits. Takes an
 * arena -> never free it; ends in _new, _open, _dup, _steal -> yours; everything else is borrowed.
 *
 *     struct sv_arena arena = {0};
 *     char *p = sv_arena_alloc(&arena, n);
 *     sv_arena_reset(&arena);                 // forgets all, keeps the memory for the next round
 *     sv_arena_free(&arena);
 *
 * Floor: base. */
#ifndef SV_MEM_H
#define SV_MEM_H

#include <stddef.h>

#include "base/slice.h"

/* What the process exits with when memory runs out; a guard sets 2 so that it fails closed. */
extern int sv_mem_exit_status;

void *sv_alloc(size_t size);            /* never NULL; not cleared */
void *sv_calloc(size_t count, size_t size); /* cleared; overflow-checked */
void *sv_realloc(void *old, size_t size);
void sv_free(void *p);

/* Room for one item more behind count of them: items as they are, or moved to where there is twice the room. */
void *sv_grow(void *items, size_t count, size_t *room, size_t size);
char *sv_str_dup(struct sv_slice s);    /* NUL-terminated copy, yours */

struct sv_arena_chunk;

struct sv_arena {
    char *next, *end;             /* free part of the current chunk */
    struct sv_arena_chunk *chunk; /* newest first */
};

/* The slow way of sv_arena_alloc: a new chunk. */
void *sv_arena_more(struct sv_arena *arena, size_t size);

/* 16-byte aligned, not cleared, lives until reset or free. O(1). */
static inline void *sv_arena_alloc(struct sv_arena *arena, size_t size)
{
    if (size > (size_t)-1 / 2)
        return sv_arena_more(arena, size);
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(arena->end - arena->next) < size || arena->next == NULL)
        return sv_arena_more(arena, size);
    char *p = arena->next;
    arena->next += size;
    return p;
}

void *sv_arena_calloc(struct sv_arena *arena, size_t count, size_t size);
struct sv_slice sv_arena_dup(struct sv_arena *arena, struct sv_slice s); /* also NUL-terminated */
struct sv_slice sv_arena_printf(struct sv_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets everything; keeps the largest chunk, unless it is over 1 MiB (one odd record must not hold memory for ever). */
void sv_arena_reset(struct sv_arena *arena);
void sv_arena_free(struct sv_arena *arena);
size_t sv_arena_bytes(const struct sv_arena *arena); /* of memory that it holds */

#endif
