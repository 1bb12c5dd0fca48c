/* SPDX-License-Identifier: ISC */
/* The places of a text at which a secret may be found. Nearly all of a text is passed over 64 bytes at a time; the finders of
 * redact_shapes.c and redact_keys.c decide about the few places left, from the first to the last. What passes for a place:
 *
 *   ':' '='       behind something that ends as the names of secrets do, or in a URL (redact_keys.c tells)
 *   '-'           of a flag, or of "-----BEGIN "
 *   'b'           of "bearer " and "basic "
 *   '~'           of an Azure secret, which has it in the middle
 *   three letters that a shape begins with, if 14 bytes or more of a token stand there: no shape is shorter
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
    ['"'] = ALL | SV_BEHIND_NAME,
    ['#'] = SV_ENDS_AUTHORITY,
    ['&'] = SV_ENDS_BARE,
    ['\''] = ALL | SV_BEHIND_NAME,
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
    ['?'] = SV_ENDS_AUTHORITY | SV_BEHIND_NAME,
    ['A'] = W26,
    ['\\'] = ALL | SV_BEHIND_NAME,
    [']'] = SV_ENDS_BARE | SV_BEHIND_NAME,
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

/* Whatever may be found at i. */
static bool find_secret(struct sv_scan *scan, size_t i, struct sv_secret *out)
{
    char c = scan->data[i];
    if (!scan->looked) {
        memset(&scan->seen, 0, sizeof scan->seen);
        scan->looked = true;
    }
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
        for (const char *p = window + first, *stop = p + count; p < stop; p++) {
            uint32_t word = sv_redact_word(p);
            if (heads[sv_redact_head(word, spread)] == (uint8_t)word)
                found |= UINT64_C(1) << (p - window);
        }
        places = first + count < SV_MARKS_WINDOW ? places & ~UINT64_C(0) << (first + count) : 0;
    }
    return found;
}

/* Bits where n more of them follow; ahead are the bits behind these. */
static inline uint64_t and_shifted(uint64_t bits, uint64_t ahead, unsigned n)
{
    return bits & (bits >> n | ahead << (SV_MARKS_WINDOW - n));
}

static inline bool is_pem(const struct sv_scan *scan, size_t i)
{
    return scan->len - i > 11 && scan->data[i + 5] == 'B' && memcmp(scan->data + i, "-----BEGIN ", 11) == 0;
}

static inline bool may_be_flag(const struct sv_scan *scan, size_t i)
{
    if (i > 0 && sv_redact_is(scan->data[i - 1], SV_RUN_DOTTED))
        return false;
    char next = i + 1 < scan->len ? scan->data[i + 1] : ' ';
    return next == '-' || next == 'u' || next == 'p';
}

static inline bool is_scheme(const struct sv_scan *scan, size_t i)
{
    if (scan->len - i < 14) /* `basic ` and 8 of base64 */
        return false;
    uint32_t lower = sv_redact_word(scan->data + i) | 0x20202020;
    return lower == ('b' | 'a' << 8 | 's' << 16 | 'i' << 24) || lower == ('b' | 'e' << 8 | 'a' << 16 | 'r' << 24);
}

/* A window of the text and what is known of it. */
struct window {
    size_t from, base; /* where the search began: no place before it counts; where the window does */
    uint64_t events;   /* bytes that may be something by what they are */
    uint64_t runs;     /* places from where on SHAPE_MIN bytes of a token follow */
    uint64_t starts;   /* first bytes of runs of PACKED_MIN */
    uint64_t packed;   /* places with a run of PACKED_MIN, or the rest of one, behind them */
};

/* What begins at the first byte of a long run, or around it. */
static bool look_at_start(struct sv_scan *scan, size_t i, size_t from, size_t *at, struct sv_secret *out)
{
    enum { FLY = 6 };
    if (i >= from + FLY && scan->data[i - 1] == ' ' && scan->data[i - 2] == '1' && find_secret(scan, *at = i - FLY, out))
        return true; /* "FlyV1 ", the only shape with a blank in its prefix */
    if (sv_secret_may_be_packed(scan, i) && find_secret(scan, *at = i, out))
        return true;
    if (i == 0 || scan->data[i - 1] != '\\')
        return false;
    /* that first byte may belong to an escape */
    return find_secret(scan, *at = i, out) || find_secret(scan, *at = i + 1, out);
}

/* The first secret of this window. */
static __attribute__((noinline)) bool look_through(struct sv_scan *scan, const struct window *window, size_t *at,
                                                   struct sv_secret *out)
{
    uint64_t heads = window->runs != 0 ? heads_among(scan->redactor, scan->data + window->base, window->runs) : 0;
    for (uint64_t places = window->events | heads | window->starts; places != 0; places &= places - 1) {
        uint64_t bit = places & (0 - places);
        size_t i = window->base + (unsigned)__builtin_ctzll(places);
        if (window->starts & bit && look_at_start(scan, i, window->from, at, out))
            return true;
        if (heads & bit && find_secret(scan, *at = i, out))
            return true;
        switch (scan->data[i]) {
        case ':': case '=':
            if (sv_secret_may_be_named(scan, i) && find_secret(scan, *at = i, out))
                return true;
            break;
        case '-':
            if ((is_pem(scan, i) || may_be_flag(scan, i)) && find_secret(scan, *at = i, out))
                return true;
            break;
        case '.':
            if (window->packed & bit && sv_secret_may_be_packed(scan, i + 1) && find_secret(scan, *at = i + 1, out))
                return true;
            break;
        case 'b': case 'B':
            if (is_scheme(scan, i) && find_secret(scan, *at = i, out))
                return true;
            break;
        case '~':
            if (i > window->from && scan->data[i - 1] == 'Q' && find_secret(scan, *at = i - 1, out))
                return true;
            break;
        default:
            break;
        }
    }
    return false;
}

/* Is there anything to look at in this window, behind which the next one stands? before: 1 if the byte before it is of a run. */
static inline __attribute__((always_inline)) bool narrow(struct window *window, struct sv_marks marks, struct sv_marks next,
                                                         uint64_t before)
{
    uint64_t behind_other = ~(marks.run << 1 | before); /* bytes before which there is none of a run */
    /* runs of 2, 4, 8, 14, and of 16, 18 from each place on */
    uint64_t run = and_shifted(marks.run, next.run, 1), ahead = next.run & next.run >> 1;
    run = and_shifted(run, ahead, 2), ahead &= ahead >> 2;
    run = and_shifted(run, ahead, 4), ahead &= ahead >> 4;
    window->runs = and_shifted(run, ahead, SHAPE_MIN - 8);
    run = and_shifted(run, ahead, 8), ahead &= ahead >> 8;
    run = and_shifted(run, ahead, PACKED_MIN - 16), ahead &= ahead >> (PACKED_MIN - 16);
    window->starts = run & behind_other;
    window->packed = run >> 1 | ahead << (SV_MARKS_WINDOW - 1);
    /* of '-' and '.' those of flags, those with another behind them, and those before what may be base64 */
    uint64_t also = behind_other | marks.joint >> 1 | next.joint << (SV_MARKS_WINDOW - 1) | window->packed;
    window->events = marks.event | (marks.joint & also);
    return (window->events | window->runs) != 0;
}

bool sv_scan_next(struct sv_scan *scan, size_t from, size_t *at, struct sv_secret *out)
{
    const struct sv_marks none = {0, 0, 0};
    struct window window SV_UNCLEARED;
    if (scan->len < SV_MARKS_SHORTEST || from >= scan->len)
        return false;
    if (from > 0 && find_secret(scan, *at = from, out)) /* what stands before it may have been looked at with other eyes */
        return true;
    struct sv_marks marks = sv_marks_at(scan->data, scan->len, from);
    uint64_t before = from > 0 && sv_redact_is(scan->data[from - 1], SV_RUN_BASE64);
    window.from = window.base = from;
    while (scan->len - window.base > SV_MARKS_WINDOW) {
        struct sv_marks next = sv_marks_at(scan->data, scan->len, window.base + SV_MARKS_WINDOW);
        if (narrow(&window, marks, next, before) && look_through(scan, &window, at, out))
            return true;
        before = marks.run >> (SV_MARKS_WINDOW - 1);
        marks = next;
        window.base += SV_MARKS_WINDOW;
    }
    return narrow(&window, marks, none, before) && look_through(scan, &window, at, out);
}

bool sv_scan_any(struct sv_redactor *redactor, struct sv_slice text, unsigned depth)
{
    struct sv_scan scan SV_UNCLEARED;
    struct sv_secret secret;
    size_t at;
    sv_scan_init(&scan, redactor, text, depth);
    return sv_scan_next(&scan, 0, &at, &secret);
}
