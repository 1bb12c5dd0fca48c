/* SPDX-License-Identifier: ISC */
#include "input/documents.h"

#include "base/hash.h"
#include "base/limits.h"

enum { HEAD_MAX = 4096, KEPT_MAX_BYTES = 64 << 10 };

static struct sv_slice without_blanks(struct sv_slice text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r'))
        text = sv_slice(text.data + 1, text.len - 1);
    return text;
}

static bool is_blank(struct sv_slice text)
{
    return without_blanks(text).len == 0;
}

/* Goes `count` bytes into the rest. */
static void skip(struct sv_documents *d, size_t count)
{
    d->rest = sv_slice(d->rest.data + count, d->rest.len - count);
    d->rest_offset += (int64_t)count;
}

static void skip_blanks(struct sv_documents *d)
{
    skip(d, d->rest.len - without_blanks(d->rest).len);
}

static enum sv_input_state hand_out(struct sv_documents *d, struct sv_record *record, struct sv_slice text, int64_t offset,
                                    uint64_t line)
{
    *record = (struct sv_record){.text = text,
                                 .source = record->source,
                                 .number = ++d->number,
                                 .line = line,
                                 .offset = offset,
                                 .no_newline = d->no_newline && !d->has_rest};
    if (d->number == 1)
        d->head = sv_hash(sv_slice(text.data, text.len < HEAD_MAX ? text.len : HEAD_MAX));
    return SV_INPUT_RECORD;
}

/* The whole rest as a line. */
static enum sv_input_state hand_out_rest(struct sv_documents *d, struct sv_record *record)
{
    d->has_rest = false;
    return hand_out(d, record, d->rest, d->rest_offset, d->rest_line);
}

static enum sv_input_state hand_out_gathered(struct sv_documents *d, struct sv_record *record)
{
    static const char too_long[] = "longer than 16777216 bytes";
    _Static_assert(SV_LINE_MAX == 16777216, "the text above says it");
    bool is_too_long = d->skips;
    d->gathers = d->skips = false;
    hand_out(d, record, is_too_long ? (struct sv_slice){0} : sv_buf_slice(&d->text), d->offset, d->line);
    record->flaw = is_too_long ? too_long : NULL;
    return SV_INPUT_RECORD;
}

/* Bytes of text up to the end of the object it is in; 0: it is not over there. */
static size_t scan(struct sv_documents *d, struct sv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (d->in_string) {
            if (d->is_escaped)
                d->is_escaped = false;
            else if (c == '\\')
                d->is_escaped = true;
            else if (c == '"')
                d->in_string = false;
        } else if (c == '"') {
            d->in_string = true;
        } else if (c == '{' || c == '[') {
            d->depth++;
        } else if ((c == '}' || c == ']') && --d->depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

static void add(struct sv_documents *d, struct sv_slice text)
{
    d->skips = d->skips || d->text.len + text.len > SV_LINE_MAX;
    if (!d->skips)
        sv_buf_add(&d->text, text);
}

/* The rest begins with `{`: hands the object out if it is over in this line, else keeps what there is of it. */
static bool take_object(struct sv_documents *d, struct sv_record *record)
{
    d->depth = 0;
    d->in_string = d->is_escaped = false;
    size_t len = scan(d, d->rest);
    struct sv_slice text = d->rest;
    int64_t offset = d->rest_offset;
    if (len > 0) {
        skip(d, len);
        hand_out(d, record, sv_slice(text.data, len), offset, d->rest_line);
        return true;
    }
    if (d->text.capacity > KEPT_MAX_BYTES)
        sv_buf_free(&d->text); /* one long document must not hold its memory for ever */
    sv_buf_clear(&d->text);
    d->gathers = true;
    d->offset = offset;
    d->line = d->rest_line;
    add(d, text);
    d->has_rest = false;
    return false;
}

/* One more line of the object that is gathered. True: a record. */
static bool gather(struct sv_documents *d, struct sv_record *record)
{
    struct sv_slice line = d->rest;
    if (!d->is_sure && is_blank(line)) {
        d->has_rest = false;
        return false;
    }
    if (!d->is_sure && without_blanks(line).data[0] != '"' && without_blanks(line).data[0] != '}') {
        d->where = SV_DOCUMENTS_LINES; /* just a line that is broken */
        hand_out_gathered(d, record);
        return true;
    }
    d->is_sure = true;
    add(d, SV_SLICE("\n"));
    size_t len = scan(d, line);
    add(d, sv_slice(line.data, len > 0 ? len : line.len));
    if (len == 0) {
        d->has_rest = false;
        return false;
    }
    skip(d, len);
    if (d->where == SV_DOCUMENTS_START && is_blank(d->rest))
        d->has_rest = false;
    hand_out_gathered(d, record);
    return true;
}

/* In a list, between elements. */
static bool step_list(struct sv_documents *d, struct sv_record *record)
{
    skip_blanks(d);
    if (d->rest.len == 0) {
        d->has_rest = false;
        return false;
    }
    char c = d->rest.data[0];
    if (c == ',') {
        skip(d, 1);
        return false;
    }
    if (c == ']') {
        skip(d, 1);
        d->where = SV_DOCUMENTS_START;
        d->has_rest = !is_blank(d->rest);
        return false;
    }
    if (c == '{') {
        d->is_sure = true;
        return take_object(d, record);
    }
    d->where = SV_DOCUMENTS_LINES;
    return false;
}

static bool step_start(struct sv_documents *d, struct sv_record *record)
{
    struct sv_slice text = without_blanks(d->rest);
    if (text.len == 0) { /* blank lines count as they do anywhere */
        hand_out_rest(d, record);
        return true;
    }
    struct sv_slice behind = without_blanks(sv_slice(text.data + 1, text.len - 1));
    if (text.data[0] == '[' && (behind.len == 0 || behind.data[0] == '{' || behind.data[0] == ']')) {
        d->where = SV_DOCUMENTS_LIST;
        d->list_line = d->rest_line;
        skip(d, (size_t)(text.data - d->rest.data) + 1);
        return false;
    }
    if (text.data[0] == '{' && behind.len == 0) {
        d->is_sure = false;
        skip_blanks(d);
        return take_object(d, record);
    }
    d->where = SV_DOCUMENTS_LINES;
    return false;
}

/* The lines are over; if they may go on later, so may what they are part of. */
static enum sv_input_state finish(struct sv_documents *d, const struct sv_lines *lines, struct sv_record *record)
{
    if (lines->whole)
        return SV_INPUT_ENDED;
    if (d->gathers)
        return hand_out_gathered(d, record);
    if (d->where != SV_DOCUMENTS_LIST)
        return SV_INPUT_ENDED;
    d->where = SV_DOCUMENTS_LINES;
    hand_out(d, record, (struct sv_slice){0}, d->rest_offset, d->list_line);
    record->flaw = "the list that begins here is not closed";
    return SV_INPUT_RECORD;
}

/* Where there are just lines. */
static enum sv_input_state next_line(struct sv_documents *d, struct sv_lines *lines, struct sv_record *record, int wait_ms)
{
    enum sv_input_state state = sv_lines_next(lines, record, wait_ms);
    if (state != SV_INPUT_RECORD)
        return state == SV_INPUT_ENDED ? finish(d, lines, record) : state;
    d->no_newline = record->no_newline;
    record->number = ++d->number;
    if (d->number == 1)
        d->head = lines->head;
    return SV_INPUT_RECORD;
}

enum sv_input_state sv_documents_next(struct sv_documents *d, struct sv_lines *lines, struct sv_record *record, int wait_ms)
{
    for (;;) {
        if (d->where == SV_DOCUMENTS_LINES && !d->has_rest && !d->gathers)
            return next_line(d, lines, record, wait_ms);
        if (d->where == SV_DOCUMENTS_LINES && d->has_rest && !d->gathers)
            return hand_out_rest(d, record);
        if (!d->has_rest) {
            enum sv_input_state state = sv_lines_next(lines, record, wait_ms);
            if (state == SV_INPUT_ENDED)
                return finish(d, lines, record);
            if (state != SV_INPUT_RECORD)
                return state;
            d->no_newline = record->no_newline;
            if (record->flaw != NULL) {
                const char *flaw = record->flaw;
                hand_out(d, record, record->text, record->offset, record->line);
                record->flaw = flaw;
                if (d->number == 1)
                    d->head = lines->head;
                return SV_INPUT_RECORD;
            }
            d->rest = record->text;
            d->rest_offset = record->offset;
            d->rest_line = record->line;
            d->has_rest = true;
        }
        if (d->gathers                           ? gather(d, record)
            : d->where == SV_DOCUMENTS_LIST      ? step_list(d, record)
            : d->where == SV_DOCUMENTS_START     ? step_start(d, record)
                                                 : false)
            return SV_INPUT_RECORD;
    }
}

int64_t sv_documents_offset(const struct sv_documents *d, const struct sv_lines *lines)
{
    return d->has_rest ? d->rest_offset : sv_lines_offset(lines);
}

uint64_t sv_documents_lines(const struct sv_documents *d, const struct sv_lines *lines)
{
    return d->has_rest ? lines->lines - 1 : lines->lines;
}

void sv_documents_keep(struct sv_documents *d)
{
    d->kept = d->where;
}

void sv_documents_rewind(struct sv_documents *d, uint64_t records)
{
    d->where = d->kept;
    d->number = records;
    d->has_rest = d->gathers = d->skips = false;
    sv_buf_free(&d->text);
}

void sv_documents_free(struct sv_documents *d)
{
    sv_buf_free(&d->text);
    *d = (struct sv_documents){0};
}
