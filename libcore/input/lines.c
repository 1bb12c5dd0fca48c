/* SPDX-License-Identifier: ISC */
#include "input/lines.h"

#include <errno.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/os.h"

enum {
    FIRST_BLOCK = 32 << 10, /* most files of a folder are short, and a look at each start is enough to merge them */
    HEAD_MAX = 4096,
    LOOK_MS = 1000          /* a wait without end comes up this often, so that a signal just before it is not missed */
};

void sv_lines_open(struct sv_lines *lines, int fd, enum sv_lines_how how, size_t block)
{
    *lines = (struct sv_lines){.fd = fd, .how = how, .block = block};
}

void sv_lines_reopen(struct sv_lines *lines, int fd, size_t block, int64_t offset, uint64_t number)
{
    *lines = (struct sv_lines){.fd = fd, .how = SV_LINES_FILE, .block = block, .base = offset, .number = number,
                               .begun = offset > 0};
}

int64_t sv_lines_offset(const struct sv_lines *lines)
{
    return lines->skipping ? lines->skip_offset : lines->base + (int64_t)lines->start;
}

void sv_lines_close(struct sv_lines *lines)
{
    if (lines->fd >= 0)
        sv_os_close(lines->fd);
    sv_free(lines->data);
    lines->fd = -1;
    lines->data = NULL;
    lines->capacity = lines->start = lines->scanned = lines->end = 0;
}

static void to_front(struct sv_lines *lines)
{
    if (lines->start == 0)
        return;
    if (lines->end > lines->start)
        memmove(lines->data, lines->data + lines->start, lines->end - lines->start);
    lines->base += (int64_t)lines->start;
    lines->end -= lines->start;
    lines->scanned -= lines->start;
    lines->start = 0;
}

/* Makes room behind `end`: by moving what is held to the front, then by growing. What is held is at most SV_LINE_MAX + 1. */
static void make_room(struct sv_lines *lines)
{
    size_t want = lines->capacity, held = lines->end - lines->start;
    if (held == 0 || lines->capacity - lines->end < (lines->block + 1) / 2)
        to_front(lines);
    if (want == 0) {
        want = lines->how == SV_LINES_FILE && lines->block > FIRST_BLOCK ? FIRST_BLOCK : lines->block;
    } else if (want < lines->block) {
        want = want * 2 < lines->block ? want * 2 : lines->block;
    } else if (want > lines->block && held <= lines->block / 2) {
        to_front(lines);
        want = lines->block;
    } else if (lines->end == want) {
        size_t most = (size_t)SV_LINE_MAX + 2 + lines->block;
        want = want * 2 < most ? want * 2 : most;
    }
    if (want != lines->capacity) {
        lines->data = sv_realloc(lines->data, want);
        lines->capacity = want;
    }
}

/* Reads once. RECORD: more bytes, or eof is set. */
static enum sv_input_state fill(struct sv_lines *lines, int wait_ms)
{
    if (lines->how == SV_LINES_PIPE) {
        int ready = sv_os_wait(lines->fd, wait_ms < 0 ? LOOK_MS : wait_ms);
        if (ready <= 0)
            return ready < 0 ? SV_INPUT_SIGNAL : SV_INPUT_IDLE;
    }
    make_room(lines);
    size_t room = lines->capacity - lines->end;
    if (room > lines->block)
        room = lines->block;
    char *to = lines->data + lines->end;
    ssize_t n = lines->how == SV_LINES_FILE ? sv_os_pread(lines->fd, to, room, lines->base + (int64_t)lines->end)
                                            : sv_os_read(lines->fd, to, room);
    if (n < 0)
        return lines->how == SV_LINES_PIPE && (errno == EAGAIN || errno == EWOULDBLOCK) ? SV_INPUT_IDLE : SV_INPUT_FAILED;
    lines->end += (size_t)n;
    lines->eof = n == 0;
    return SV_INPUT_RECORD;
}

/* Skips a byte order mark at the start, waiting only for bytes that can still be one. */
static enum sv_input_state begin(struct sv_lines *lines, int wait_ms)
{
    static const char mark[3] = {'\xEF', '\xBB', '\xBF'};
    for (;;) {
        size_t held = lines->end - lines->start;
        size_t n = held < sizeof mark ? held : sizeof mark;
        bool matches = n == 0 || memcmp(lines->data + lines->start, mark, n) == 0;
        if (!matches || n == sizeof mark || lines->eof) {
            if (matches && n == sizeof mark)
                lines->start = lines->scanned = lines->start + n;
            lines->begun = true;
            return SV_INPUT_RECORD;
        }
        enum sv_input_state state = fill(lines, wait_ms);
        if (state != SV_INPUT_RECORD)
            return state;
    }
}

static void note_head(struct sv_lines *lines, struct sv_slice text)
{
    if (text.len > HEAD_MAX)
        text.len = HEAD_MAX;
    lines->head = sv_hash(text);
}

/* Hands out what lies before `stop`, where a line end of `end_len` bytes (0 or 1) follows. */
static enum sv_input_state hand_out(struct sv_lines *lines, struct sv_record *record, size_t stop, size_t end_len)
{
    struct sv_slice text = sv_slice(lines->data + lines->start, stop - lines->start);
    if (end_len > 0 && text.len > 0 && text.data[text.len - 1] == '\r')
        text.len--;
    bool too_long = lines->skipping || text.len > SV_LINE_MAX;
    if (lines->number == 0 && !lines->skipping)
        note_head(lines, text);
    record->offset = sv_lines_offset(lines);
    record->text = too_long ? (struct sv_slice){0} : text;
    record->number = ++lines->number;
    record->too_long = too_long;
    record->no_newline = end_len == 0;
    lines->skipping = false;
    lines->start = lines->scanned = stop + end_len;
    return SV_INPUT_RECORD;
}

/* What is held without a line end is longer than any line may be, even if its last byte is the CR of a CRLF: drops it. */
static void skip(struct sv_lines *lines)
{
    if (!lines->skipping) {
        if (lines->number == 0)
            note_head(lines, sv_slice(lines->data + lines->start, lines->end - lines->start));
        lines->skip_offset = sv_lines_offset(lines);
        lines->skipping = true;
    }
    lines->start = lines->scanned = lines->end;
}

enum sv_input_state sv_lines_next(struct sv_lines *lines, struct sv_record *record, int wait_ms)
{
    enum sv_input_state state;
    if (!lines->begun && (state = begin(lines, wait_ms)) != SV_INPUT_RECORD)
        return state;
    for (;;) {
        if (lines->scanned < lines->end) {
            const char *newline = memchr(lines->data + lines->scanned, '\n', lines->end - lines->scanned);
            if (newline != NULL)
                return hand_out(lines, record, (size_t)(newline - lines->data), 1);
            lines->scanned = lines->end;
            if (lines->skipping || lines->end - lines->start >= (size_t)SV_LINE_MAX + 2)
                skip(lines);
        }
        if (lines->eof) {
            if (lines->start == lines->end && !lines->skipping)
                return SV_INPUT_ENDED;
            return hand_out(lines, record, lines->end, 0);
        }
        if ((state = fill(lines, wait_ms)) != SV_INPUT_RECORD)
            return state;
    }
}
