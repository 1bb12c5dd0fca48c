/* SPDX-License-Identifier: ISC */
/* The places of a text at which a secret may be found. Nearly all of a text is passed over 64 bytes at a time; the finders of
 * redact_shapes.c and redact_keys.c decide about the few places left, from the first to the last. What passes for a place:
 *
 *   ':' '='       behind something that ends as the names of secrets do, or in a URL (redact_keys.c tells)
 *   '-'           of a flag, or of "-----BEGIN "
 *   'b'           of "bearer " and "basic "
 *   '~'           of an Azure secret, which has it in the middle
 *   three letters that a shape begins with, if 14 bytes or more of a token follow: no shape is shorter
 *   the first byte of a run of 18 or more (or the one behind '.' in it): perhaps base64
 */
#include "event/redact_marks.h"
#include "event/redact_private.h"

enum { SHAPE_MIN = 14, PACKED_MIN = 18 }; /* `eyJ` and 11 more; 20 of base64, of which two may be '=' */

#define W (1u << SV_RUN_WORD | 1u << SV_RUN_TOKEN | 1u << SV_RUN_DOTTED | 1u << SV_RUN_BASE64)
#define W10 W, W, W, W, W, W, W, W, W, W
#define W26 W10, W10, W, W, W, W, W, W
#define ALL (SV_ENDS_BARE | SV_ENDS_HEADER | SV_ENDS_AUTHORITY)
#define BLANK (SV_ENDS_BARE | SV_ENDS_AUTHORITY)
#define BLANK10 BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK
const uint8_t sv_redact_classes[256] = {
    [0] = BLANK10,
    ['\n'] = ALL, BLANK, BLANK,
    ['\r'] = ALL, BLANK10, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, BLANK,
    [' '] = BLANK,
    ['"'] = ALL,
    ['#'] = SV_ENDS_AUTHORITY,
    ['&'] = SV_ENDS_BARE,
    ['\''] = ALL,
    [')'] = SV_ENDS_BARE,
    ['+'] = 1u << SV_RUN_BASE64,
    [','] = SV_ENDS_BARE,
    ['-'] = 1u << SV_RUN_TOKEN | 1u << SV_RUN_DOTTED | 1u << SV_RUN_BASE64,
    ['.'] = 1u << SV_RUN_DOTTED,
    ['/'] = 1u << SV_RUN_BASE64 | SV_ENDS_AUTHORITY,
    ['0'] = W10,
    [';'] = SV_ENDS_BARE,
    ['<'] = SV_ENDS_BARE | SV_ENDS_AUTHORITY,
    ['>'] = SV_ENDS_BARE | SV_ENDS_AUTHORITY,
    ['?'] = SV_ENDS_AUTHORITY,
    ['A'] = W26,
    ['\\'] = ALL,
    [']'] = SV_ENDS_BARE,
    ['_'] = W,
    ['`'] = ALL,
    ['a'] = W26,
    ['|'] = SV_ENDS_BARE,
    ['}'] = SV_ENDS_BARE,
};

/* --- what the finders ask of a scan --- */

size_t sv_scan_run(struct sv_scan *scan, enum sv_run run, size_t i)
{
    if (i >= scan->seen.runs[run].start && i < scan->seen.runs[run].end)
        return scan->seen.runs[run].end;
    size_t end = i;
    while (end < scan->len && sv_redact_is(scan->data[end], run))
        end++;
    scan->seen.runs[run].start = i;
    scan->seen.runs[run].end = end;
    return end;
}

bool sv_scan_digit(struct sv_scan *scan, size_t i, size_t end)
{
    size_t at = i;
    if (i >= scan->seen.digit.from && i <= scan->seen.digit.at)
        at = scan->seen.digit.at;
    else
        scan->seen.digit.from = i;
    while (at < end && !(scan->data[at] >= '0' && scan->data[at] <= '9'))
        at++;
    scan->seen.digit.at = at;
    return at < end;
}

bool sv_scan_word_start(const struct sv_scan *scan, size_t i)
{
    if (i == 0 || !sv_redact_is(scan->data[i - 1], SV_RUN_WORD))
        return true;
    if (i < 2)
        return false;
    if (scan->data[i - 2] == '\\')
        return scan->data[i - 1] == 'n' || scan->data[i - 1] == 'r' || scan->data[i - 1] == 't';
    return i >= 3 && scan->data[i - 3] == '%'; /* %3D */
}

/* --- places --- */

static void begin_look(struct sv_scan *scan)
{
    if (!scan->looked)
        memset(&scan->seen, 0, sizeof scan->seen);
    scan->looked = true;
}

/* Whatever may be found at i. */
static bool find_secret(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    char c = scan->data[i];
    begin_look(scan);
    if (sv_redact_is(c, SV_RUN_WORD))
        return sv_secret_at(scan, i, out);
    if (c == '-')
        return sv_secret_at(scan, i, out) || sv_secret_flagged(scan, i, out);
    return (c == ':' || c == '=') && sv_secret_named(scan, i, out);
}

/* Of these places those where three letters stand that a shape begins with. Each has SHAPE_MIN bytes before the end. */
static uint64_t heads_among(const struct sv_redactor *redactor, const char *window, uint64_t places)
{
    const uint8_t *heads = redactor->heads;
    uint32_t spread = redactor->spread;
    uint64_t found = 0;
    while (places != 0) {
        unsigned first = (unsigned)__builtin_ctzll(places);
        uint64_t behind = ~(places >> first);
        unsigned count = behind != 0 ? (unsigned)__builtin_ctzll(behind) : SV_MARKS_WINDOW;
        for (const char *p = window + first, *stop = p + count; p < stop; p++)
            if (heads[sv_redact_head(p, spread)] == (unsigned char)*p)
                found |= UINT64_C(1) << (p - window);
        places = first + count < SV_MARKS_WINDOW ? places & ~UINT64_C(0) << (first + count) : 0;
    }
    return found;
}

/* Bits where n more of them follow; ahead are the bits behind these. */
static inline uint64_t and_shifted(uint64_t bits, uint64_t ahead, unsigned n)
{
    return bits & (bits >> n | ahead << (SV_MARKS_WINDOW - n));
}

static bool is_pem(const struct sv_scan *scan, size_t i)
{
    return scan->len - i > 11 && scan->data[i + 5] == 'B' && memcmp(scan->data + i, "-----BEGIN ", 11) == 0;
}

static bool may_be_flag(const struct sv_scan *scan, size_t i)
{
    if (i > 0 && sv_redact_is(scan->data[i - 1], SV_RUN_DOTTED))
        return false;
    char next = i + 1 < scan->len ? scan->data[i + 1] : ' ';
    return next == '-' || next == 'u' || next == 'p';
}

static bool is_scheme(const struct sv_scan *scan, size_t i)
{
    const char *p = scan->data + i;
    if (scan->len - i < 14) /* `basic ` and 8 of base64 */
        return false;
    if ((p[1] | 32) == 'a')
        return (p[2] | 32) == 's' && (p[3] | 32) == 'i';
    return (p[1] | 32) == 'e' && (p[2] | 32) == 'a' && (p[3] | 32) == 'r';
}

/* A window of the text and what is known of it. */
struct window {
    size_t from;     /* where the search began: no place before it counts */
    uint64_t heads;  /* places of shapes */
    uint64_t starts; /* the first bytes of runs that may be base64 */
    uint64_t packed; /* places with a byte behind them from where on there are enough for base64 */
};

static bool is_packed(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    if (i >= scan->len || !sv_redact_is(scan->data[i], SV_RUN_WORD))
        return false;
    begin_look(scan);
    return sv_secret_packed(scan, i, out) && find_secret(scan, i, out); /* a shape goes before */
}

static bool look_at(struct sv_scan *scan, const struct window *window, unsigned bit, size_t i, size_t *at, struct sv_secret *out)
{
    enum { FLY = 6 };
    bool is_start = window->starts >> bit & 1, found = false;
    if (is_start && i >= window->from + FLY && scan->data[i - 1] == ' ' && scan->data[i - 2] == '1' &&
        find_secret(scan, *at = i - FLY, out)) /* "FlyV1 ", the only shape with a blank in its prefix */
        return true;
    *at = i;
    if ((window->heads >> bit & 1 && find_secret(scan, i, out)) || (is_start && is_packed(scan, i, out)))
        return true;
    switch (scan->data[i]) {
    case ':': case '=':
        found = find_secret(scan, i, out);
        break;
    case '-':
        found = (is_pem(scan, i) || may_be_flag(scan, i)) && find_secret(scan, i, out);
        break;
    case 'b': case 'B':
        found = is_scheme(scan, i) && find_secret(scan, i, out);
        break;
    case '.':
        found = window->packed >> bit & 1 && is_packed(scan, *at = i + 1, out);
        break;
    case '~':
        found = i > window->from && scan->data[i - 1] == 'Q' && find_secret(scan, *at = i - 1, out);
        break;
    default:
        break;
    }
    if (found || !is_start || i == 0 || scan->data[i - 1] != '\\')
        return found;
    return is_packed(scan, *at = i + 1, out); /* behind an escape's letter */
}

bool sv_scan_next(struct sv_scan *scan, size_t from, size_t *at, struct sv_secret *out)
{
    if (scan->len < SV_MARKS_SHORTEST || from >= scan->len)
        return false;
    if (from > 0 && find_secret(scan, *at = from, out)) /* what stands before it may have been looked at with other eyes */
        return true;
    struct sv_marks marks = sv_marks_at(scan->data, scan->len, from);
    uint64_t before = from > 0 && sv_redact_is(scan->data[from - 1], SV_RUN_BASE64);
    for (size_t base = from;; base += SV_MARKS_WINDOW) {
        struct sv_marks next = sv_marks_at(scan->data, scan->len, base + SV_MARKS_WINDOW);
        struct window window = {.from = from};
        /* runs of 2, 4, 8, 14, 18 from each place on */
        uint64_t run = and_shifted(marks.run, next.run, 1), ahead = next.run & next.run >> 1;
        run = and_shifted(run, ahead, 2), ahead &= ahead >> 2;
        run = and_shifted(run, ahead, 4), ahead &= ahead >> 4;
        run = and_shifted(run, ahead, SHAPE_MIN - 8), ahead &= ahead >> (SHAPE_MIN - 8);
        if (run != 0 || ahead & 1) {
            window.heads = heads_among(scan->redactor, scan->data + base, run);
            run = and_shifted(run, ahead, PACKED_MIN - SHAPE_MIN), ahead &= ahead >> (PACKED_MIN - SHAPE_MIN);
            window.starts = run & ~(marks.run << 1 | before);
            window.packed = run >> 1 | ahead << (SV_MARKS_WINDOW - 1);
        }
        for (uint64_t places = marks.event | window.heads | window.starts; places != 0; places &= places - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(places);
            if (look_at(scan, &window, bit, base + bit, at, out))
                return true;
        }
        if (scan->len - base <= SV_MARKS_WINDOW)
            return false;
        before = marks.run >> (SV_MARKS_WINDOW - 1);
        marks = next;
    }
}

bool sv_scan_any(struct sv_redactor *redactor, struct sv_slice text, unsigned depth)
{
    struct sv_scan scan SV_UNCLEARED;
    struct sv_secret secret;
    size_t at;
    sv_scan_init(&scan, redactor, text, depth);
    return sv_scan_next(&scan, 0, &at, &secret);
}
