/* SPDX-License-Identifier: ISC */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

enum { CHUNK_MIN = 16 << 10, KEEP_MAX = 1 << 20 };

struct sv_arena_chunk {
    struct sv_arena_chunk *older;
    size_t size; /* of the data behind the header */
    char data[] __attribute__((aligned(16)));
};

int sv_mem_exit_status = SV_SYSTEM;

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "sv: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(sv_mem_exit_status);
}

void *sv_alloc(size_t size)
{
    void *p = malloc(size > 0 ? size : 1);
    if (p == NULL)
        out_of_memory();
    return p;
}

/* What is small is cleared here: glibc's calloc passes over what was freed last by this thread. */
void *sv_calloc(size_t count, size_t size)
{
    enum { SMALL = 1024 };
    if (count <= SMALL && size <= SMALL && count * size <= SMALL)
        return memset(sv_alloc(count * size), 0, count * size);
    void *p = calloc(count, size);
    if (p == NULL)
        out_of_memory();
    return p;
}

void *sv_realloc(void *old, size_t size)
{
    void *p = realloc(old, size > 0 ? size : 1);
    if (p == NULL)
        out_of_memory();
    return p;
}

void *sv_grow(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room > 0 ? 2 * *room : 16;
    return sv_realloc(items, *room * size);
}

void sv_free(void *p)
{
    free(p);
}

char *sv_str_dup(struct sv_slice s)
{
    char *copy = sv_alloc(s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return copy;
}

void *sv_arena_more(struct sv_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        out_of_memory();
    size = (size + 15) & ~(size_t)15;
    size_t room = arena->chunk != NULL ? arena->chunk->size * 2 : CHUNK_MIN;
    if (room > KEEP_MAX)
        room = KEEP_MAX;
    if (room < size)
        room = size;
    struct sv_arena_chunk *chunk = sv_alloc(sizeof *chunk + room);
    chunk->older = arena->chunk;
    chunk->size = room;
    arena->chunk = chunk;
    arena->next = chunk->data + size;
    arena->end = chunk->data + room;
    return chunk->data;
}

void *sv_arena_calloc(struct sv_arena *arena, size_t count, size_t size)
{
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole))
        out_of_memory();
    void *p = sv_arena_alloc(arena, whole);
    memset(p, 0, whole);
    return p;
}

struct sv_slice sv_arena_dup(struct sv_arena *arena, struct sv_slice s)
{
    char *copy = sv_arena_alloc(arena, s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return sv_slice(copy, s.len);
}

struct sv_slice sv_arena_printf(struct sv_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t n = len > 0 ? (size_t)len : 0;
    char *text = sv_arena_alloc(arena, n + 1);
    vsnprintf(text, n + 1, format, again);
    va_end(again);
    return sv_slice(text, n);
}

void sv_arena_reset(struct sv_arena *arena)
{
    struct sv_arena_chunk *keep = arena->chunk;
    if (keep == NULL)
        return;
    if (keep->older == NULL && keep->size <= KEEP_MAX) {
        arena->next = keep->data;
        return;
    }
    keep = NULL;
    for (struct sv_arena_chunk *chunk = arena->chunk, *older; chunk != NULL; chunk = older) {
        older = chunk->older;
        if (chunk->size <= KEEP_MAX && (keep == NULL || chunk->size > keep->size)) {
            sv_free(keep);
            keep = chunk;
        } else {
            sv_free(chunk);
        }
    }
    *arena = (struct sv_arena){0};
    if (keep != NULL) {
        keep->older = NULL;
        *arena = (struct sv_arena){keep->data, keep->data + keep->size, keep};
    }
}

void sv_arena_free(struct sv_arena *arena)
{
    for (struct sv_arena_chunk *chunk = arena->chunk, *older; chunk != NULL; chunk = older) {
        older = chunk->older;
        sv_free(chunk);
    }
    *arena = (struct sv_arena){0};
}

size_t sv_arena_bytes(const struct sv_arena *arena)
{
    size_t bytes = 0;
    for (const struct sv_arena_chunk *chunk = arena->chunk; chunk != NULL; chunk = chunk->older)
        bytes += sizeof *chunk + chunk->size;
    return bytes;
}
