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

void sv_lines_reopen(struct sv_lines *lines, int fd, size_t block, int64_t offset, uint64_t number, uint64_t count)
{
    *lines = (struct sv_lines){.fd = fd, .how = SV_LINES_FILE, .block = block, .base = offset, .number = number,
                               .lines = count, .begun = offset > 0};
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

bool sv_lines_check(struct sv_lines *lines, const struct sv_print *print)
{
    size_t length = lines->base < SV_PRINT_BYTES ? (size_t)lines->base : SV_PRINT_BYTES;
    lines->is_checked = true;
    if (length == 0)
        return true;
    lines->capacity = lines->block + SV_PRINT_BYTES;
    lines->data = sv_alloc(lines->capacity);
    lines->base -= (int64_t)length;
    while (lines->end < length) {
        ssize_t n = sv_os_pread(lines->fd, lines->data + lines->end, length - lines->end, lines->base + (int64_t)lines->end);
        if (n < 0)
            return false;
        lines->is_cut |= n == 0;
        if (n == 0)
            memset(lines->data + lines->end, 0, length - lines->end);
        lines->end += n == 0 ? length - lines->end : (size_t)n;
    }
    lines->start = lines->scanned = length;
    lines->has_first = print->begin_length == SV_PRINT_BYTES;
    lines->first = print->begin;
    bool is_known = print->end == lines->base + (int64_t)length;
    lines->is_cut |= is_known && sv_hash(sv_slice(lines->data, length)) != print->tail;
    return true;
}

bool sv_lines_print(const struct sv_lines *lines, int64_t end, struct sv_print *print)
{
    int64_t length = end < SV_PRINT_BYTES ? end : SV_PRINT_BYTES;
    if (!lines->is_checked || end - length < lines->base || end > lines->base + (int64_t)lines->end)
        return false;
    bool is_short = end <= SV_PRINT_BYTES, is_first = lines->base == 0;
    *print = (struct sv_print){.end = end, .begin_length = (uint32_t)length, .begin = lines->first};
    print->tail = sv_hash(sv_slice(lines->data + (end - length - lines->base), (size_t)length));
    if (is_short || is_first)
        print->begin = is_short ? print->tail : sv_hash(sv_slice(lines->data, SV_PRINT_BYTES));
    return is_short || is_first || lines->has_first;
}

static void to_front(struct sv_lines *lines)
{
    size_t kept = !lines->is_checked ? 0 : lines->start < SV_PRINT_BYTES ? lines->start : SV_PRINT_BYTES, gone = lines->start - kept;
    if (gone == 0)
        return;
    if (lines->is_checked && lines->base == 0) { /* more than that was read */
        lines->has_first = true;
        lines->first = sv_hash(sv_slice(lines->data, SV_PRINT_BYTES));
    }
    if (lines->end > gone)
        memmove(lines->data, lines->data + gone, lines->end - gone);
    lines->base += (int64_t)gone;
    lines->end -= gone;
    lines->scanned -= gone;
    lines->start = kept;
}

/* Makes room behind `end`: by moving what is held to the front, then by growing. What is held is at most SV_LINE_MAX + 1. */
static void make_room(struct sv_lines *lines)
{
    size_t want = lines->capacity, held = lines->end - lines->start;
    size_t usual = lines->block + (lines->is_checked ? SV_PRINT_BYTES : 0); /* with what is kept to compare with */
    if (held == 0 || lines->capacity - lines->end < (lines->block + 1) / 2)
        to_front(lines);
    if (want == 0) {
        want = lines->how == SV_LINES_FILE && usual > FIRST_BLOCK ? FIRST_BLOCK : usual;
    } else if (want < usual) {
        want = want * 2 < usual ? want * 2 : usual;
    } else if (want > usual && held <= lines->block / 2) {
        to_front(lines);
        want = usual;
    } else if (lines->end == want) {
        size_t most = (size_t)SV_LINE_MAX + 2 + usual;
        want = want * 2 < most ? want * 2 : most;
    }
    if (want != lines->capacity) {
        lines->data = sv_realloc(lines->data, want);
        lines->capacity = want;
    }
}

/* Reads on into the room behind `end`, from some bytes before it: whoever cuts or replaces a file while it is read must not have
 * the middle of another text taken for what comes next. */
static ssize_t read_checked(struct sv_lines *lines, size_t room)
{
    char known[SV_PRINT_BYTES];
    size_t length = lines->end < sizeof known ? lines->end : sizeof known;
    char *from = lines->data + lines->end - length;
    memcpy(known, from, length);
    ssize_t n = sv_os_pread(lines->fd, from, length + room, lines->base + (int64_t)(lines->end - length));
    bool is_same = n >= (ssize_t)length && memcmp(from, known, length) == 0;
    memcpy(from, known, length);
    if (n < 0)
        return n;
    lines->is_cut |= !is_same;
    return is_same ? n - (ssize_t)length : 0;
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
    ssize_t n = lines->is_cut               ? 0
                : lines->is_checked         ? read_checked(lines, room)
                : lines->how == SV_LINES_FILE ? sv_os_pread(lines->fd, to, room, lines->base + (int64_t)lines->end)
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
        if (matches && n < sizeof mark && lines->eof && (lines->whole || lines->is_cut)) {
            lines->eof = false;
            return SV_INPUT_ENDED;
        }
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

static uint64_t line_ends(struct sv_slice text)
{
    uint64_t count = 0;
    const char *end = sv_slice_end(text);
    for (const char *p = text.data; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        count++;
    return count;
}

/* Code points before a place in a line, which may be no UTF-8: bytes that continue none. */
static uint32_t columns(struct sv_slice before)
{
    uint32_t count = 0;
    for (size_t i = 0; i < before.len; i++)
        count += ((unsigned char)before.data[i] & 0xC0) != 0x80;
    return count;
}

/* Fills *record with what lies before `stop`, where a line end of `end_len` bytes (0 or 1) follows, and goes behind it. */
static void take(struct sv_lines *lines, struct sv_record *record, size_t stop, size_t end_len)
{
    struct sv_slice text = sv_slice(lines->data + lines->start, stop - lines->start);
    if (end_len > 0 && text.len > 0 && text.data[text.len - 1] == '\r')
        text.len--;
    if (lines->number == 0 && !lines->skipping)
        note_head(lines, text);
    *record = (struct sv_record){.text = text,
                                 .source = record->source,
                                 .number = ++lines->number,
                                 .line = lines->lines + 1,
                                 .offset = sv_lines_offset(lines),
                                 .no_newline = end_len == 0};
    lines->lines += 1 + (lines->framing != SV_FRAMING_LINES ? line_ends(text) : 0);
    lines->skipping = false;
    lines->start = lines->scanned = stop + end_len;
    lines->state = SV_FRAMING_START;
}

static enum sv_input_state give_up(struct sv_record *record, const char *flaw, uint32_t column)
{
    record->text = (struct sv_slice){0};
    record->flaw = flaw;
    record->flaw_column = column;
    return SV_INPUT_RECORD;
}

/* What begins at `start` is no record, or longer than one may be: gives up its first line, which ends at `stop`. */
static enum sv_input_state hand_out_broken(struct sv_lines *lines, struct sv_record *record, size_t stop, size_t end_len)
{
    static const char too_long[] = "longer than 16777216 bytes";
    _Static_assert(SV_LINE_MAX == 16777216, "the text above says it");
    size_t at;
    bool skipped = lines->skipping;
    lines->open_to = lines->base + (int64_t)lines->scanned;
    lines->open_state = lines->state;
    take(lines, record, stop, end_len);
    if (skipped || record->text.len > SV_LINE_MAX)
        return give_up(record, too_long, 0);
    const char *flaw = sv_framing_flaw(record->text, &at);
    return give_up(record, flaw, 1 + columns(sv_slice(record->text.data, at)));
}

/* Where the line at `start` ends; NULL: not before `end`. */
static const char *first_line_end(const struct sv_lines *lines)
{
    return memchr(lines->data + lines->start, '\n', lines->end - lines->start);
}

/* Hands out what lies before `stop`, where a line end of `end_len` bytes follows. */
static enum sv_input_state hand_out(struct sv_lines *lines, struct sv_record *record, size_t stop, size_t end_len)
{
    bool cr = end_len > 0 && stop > lines->start && lines->data[stop - 1] == '\r';
    bool sound = lines->framing == SV_FRAMING_LINES ||
                 (end_len > 0 ? lines->state != SV_FRAMING_BROKEN : sv_framing_may_end(lines->state));
    if (!lines->skipping && sound && stop - lines->start - cr <= SV_LINE_MAX) {
        take(lines, record, stop, end_len);
        return SV_INPUT_RECORD;
    }
    const char *first = lines->skipping ? NULL : first_line_end(lines);
    return first != NULL ? hand_out_broken(lines, record, (size_t)(first - lines->data), 1)
                         : hand_out_broken(lines, record, stop, end_len);
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

/* Looks on from `scanned` for the line end that ends the record. */
static const char *find_end(struct sv_lines *lines)
{
    enum sv_framing framing = lines->skipping ? SV_FRAMING_LINES : lines->framing;
    size_t known = lines->open_to > lines->base ? (size_t)(lines->open_to - lines->base) : 0;
    const char *stop = NULL;
    if (framing != SV_FRAMING_LINES && known > lines->scanned) {
        const char *line_end = memchr(lines->data + lines->scanned, '\n', known - lines->scanned);
        size_t until = line_end != NULL ? (size_t)(line_end - lines->data) + 1 : known;
        stop = sv_framing_scan(framing, sv_slice(lines->data + lines->scanned, until - lines->scanned), &lines->state);
        lines->scanned = until;
        if (stop == NULL && line_end != NULL) { /* between quotes there, as the scan before was */
            lines->scanned = known;
            lines->state = lines->open_state;
        }
    }
    if (stop == NULL)
        stop = sv_framing_scan(framing, sv_slice(lines->data + lines->scanned, lines->end - lines->scanned), &lines->state);
    lines->scanned = stop != NULL ? (size_t)(stop - lines->data) : lines->end;
    return stop;
}

/* Nearly every line: it lies whole in what was read, and there is nothing else to it. Field by field, as it is read at once. */
static bool next_plain(struct sv_lines *lines, struct sv_record *record)
{
    if (lines->framing != SV_FRAMING_LINES || lines->skipping || lines->number == 0 || lines->scanned == lines->end)
        return false;
    const char *start = lines->data + lines->start, *stop = memchr(lines->data + lines->scanned, '\n', lines->end - lines->scanned);
    if (stop == NULL)
        lines->scanned = lines->end;
    if (stop == NULL || stop - start > SV_LINE_MAX)
        return false;
    size_t len = (size_t)(stop - start);
    record->text.data = start;
    record->text.len = len - (len > 0 && stop[-1] == '\r');
    record->number = ++lines->number;
    record->line = ++lines->lines;
    record->offset = lines->base + (int64_t)lines->start;
    record->flaw = NULL;
    record->flaw_column = 0;
    record->no_newline = false;
    lines->start = lines->scanned = (size_t)(stop - lines->data) + 1;
    lines->state = SV_FRAMING_START;
    return true;
}

enum sv_input_state sv_lines_next(struct sv_lines *lines, struct sv_record *record, int wait_ms)
{
    enum sv_input_state state;
    if (next_plain(lines, record))
        return SV_INPUT_RECORD;
    if (!lines->begun && (state = begin(lines, wait_ms)) != SV_INPUT_RECORD)
        return state;
    for (;;) {
        if (lines->scanned < lines->end || lines->open_to > lines->base + (int64_t)lines->scanned) {
            const char *stop = find_end(lines);
            if (stop != NULL)
                return hand_out(lines, record, (size_t)(stop - lines->data), 1);
        }
        if (lines->skipping || lines->end - lines->start >= (size_t)SV_LINE_MAX + 2) {
            const char *first = lines->framing == SV_FRAMING_LINES || lines->skipping ? NULL : first_line_end(lines);
            if (first != NULL)
                return hand_out_broken(lines, record, (size_t)(first - lines->data), 1);
            skip(lines);
        }
        if (lines->eof && (lines->whole || lines->is_cut)) {
            lines->eof = false;
            return SV_INPUT_ENDED;
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
