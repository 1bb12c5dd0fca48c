/* SPDX-License-Identifier: ISC */
#include "base/commas.h"

#include <csv.h>

#include "base/utf8.h"

enum {
    BUFFER_KEPT = 1 << 20, /* bytes of libcsv's buffer that are kept from record to record */
    BUFFER_MIN = 1024
};

struct sv_commas {
    struct csv_parser parser;
};

/* One record on its way through libcsv. */
struct record {
    void (*cell)(void *context, size_t index, struct sv_slice text);
    void *context;
    size_t cells, rows;
};

#define TEXT_OF(x) #x
#define VERSION_OF(major, minor, release) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(release)

const char *sv_commas_library(void)
{
    return VERSION_OF(CSV_MAJOR, CSV_MINOR, CSV_RELEASE);
}

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

static void init(struct csv_parser *parser)
{
    csv_init(parser, 0);
    csv_set_space_func(parser, no_space);
    csv_set_term_func(parser, is_line_end);
    csv_set_realloc_func(parser, sv_realloc);
    csv_set_free_func(parser, sv_free);
}

static void on_cell(void *text, size_t len, void *context)
{
    struct record *record = context;
    record->cell(record->context, record->cells++, sv_slice(text, len));
}

static void on_row(int end, void *context)
{
    struct record *record = context;
    (void)end;
    record->rows++;
}

struct sv_commas *sv_commas_new(void)
{
    struct sv_commas *commas = sv_calloc(1, sizeof *commas);
    init(&commas->parser);
    return commas;
}

void sv_commas_free(struct sv_commas *commas)
{
    if (commas == NULL)
        return;
    csv_free(&commas->parser);
    sv_free(commas);
}

static bool parse(struct csv_parser *parser, struct sv_slice text, struct record *record)
{
    csv_set_blk_size(parser, text.len + 2 > BUFFER_MIN ? text.len + 2 : BUFFER_MIN); /* a cell has room after one growth */
    bool whole = csv_parse(parser, text.data, text.len, on_cell, on_row, record) == text.len && record->rows == 0 &&
                 csv_parse(parser, "\n", 1, on_cell, on_row, record) == 1 && record->rows == 1;
    if (!whole)
        csv_fini(parser, NULL, NULL, NULL); /* so that the next record begins anew */
    if (csv_get_buffer_size(parser) > BUFFER_KEPT)
        csv_free(parser);
    return whole;
}

bool sv_commas_parse(struct sv_commas *commas, struct sv_slice text, void (*cell)(void *context, size_t index, struct sv_slice text),
                     void *context, size_t *count)
{
    struct record record = {.cell = cell, .context = context};
    bool whole = parse(&commas->parser, text, &record);
    *count = record.cells;
    return whole;
}

bool sv_commas_at(struct sv_error *err, struct sv_slice text, size_t offset)
{
    uint32_t line = 1;
    const char *start = text.data, *place = text.data + offset;
    for (const char *p; (p = memchr(start, '\n', (size_t)(place - start))) != NULL; start = p + 1)
        line++;
    return sv_error_at(err, NULL, line, 1 + (uint32_t)sv_utf8_count(sv_slice(start, (size_t)(place - start))));
}

bool sv_commas_utf8(struct sv_slice text, struct sv_error *err)
{
    const char *p = text.data, *end = sv_slice_end(text);
    size_t n;
    if (sv_utf8_valid(text))
        return true;
    while ((n = sv_utf8_sequence(p, end)) > 0)
        p += n;
    sv_commas_at(err, text, (size_t)(p - text.data));
    return sv_error_set(err, SV_INPUT, "not valid UTF-8");
}

static void ignore(void *context, size_t index, struct sv_slice text)
{
    (void)context, (void)index, (void)text;
}

size_t sv_commas_offset(struct sv_slice text, size_t index)
{
    struct csv_parser parser;
    struct record record = {.cell = ignore};
    size_t i = 0;
    init(&parser);
    for (; i < text.len && record.cells < index; i++)
        csv_parse(&parser, text.data + i, 1, on_cell, on_row, &record);
    csv_free(&parser);
    return i;
}

struct copies {
    struct sv_slice *out;
    struct sv_arena *arena;
};

static void copy(void *context, size_t index, struct sv_slice text)
{
    struct copies *copies = context;
    copies->out[index] = sv_arena_dup(copies->arena, text);
}

struct sv_slice *sv_commas_cells(struct sv_slice text, struct sv_arena *arena, size_t *count)
{
    struct sv_commas *commas = sv_commas_new();
    struct copies copies = {.arena = arena};
    bool whole = sv_commas_parse(commas, text, ignore, NULL, count);
    if (whole) {
        copies.out = sv_arena_calloc(arena, *count, sizeof *copies.out);
        sv_commas_parse(commas, text, copy, &copies, count);
    }
    sv_commas_free(commas);
    return copies.out;
}
