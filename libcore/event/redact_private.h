/* SPDX-License-Identifier: ISC */
/* redact_private.h - what the parts of the redactor share.
 *
 * redact.c walks text and JSON; redact_scan.c tells the places worth a look from all others; redact_shapes.c knows secrets that
 * can be told by themselves; redact_keys.c those that can be told by the name before them. All finders take a place in the text
 * and look at most a constant way ahead, or remember how far they looked: the whole is linear in the text.
 *
 * Floor: event. */
#ifndef SV_REDACT_PRIVATE_H
#define SV_REDACT_PRIVATE_H

#include "event/redact.h"

/* Runs of characters that tokens are made of; each a bit of sv_redact_classes[byte]. */
enum sv_run { SV_RUN_WORD, SV_RUN_TOKEN, SV_RUN_DOTTED, SV_RUN_BASE64, SV_RUN_COUNT };

/* Further bits of it: what ends an unquoted value (perhaps), a header's value (perhaps), the authority of a URL; what may stand
 * between a name and the sign behind it. */
enum { SV_ENDS_BARE = 16, SV_ENDS_HEADER = 32, SV_ENDS_AUTHORITY = 64, SV_BEHIND_NAME = 128 };

/* What was looked at already, so that it need not be again. */
struct sv_seen {
    struct { size_t start, end; } runs[SV_RUN_COUNT];      /* the run of each class seen last */
    struct { size_t from, at; bool known; } pem_end;       /* the "-----END" seen last */
    struct { size_t start, end; } bare[2], header;         /* unquoted values (behind '=', behind ':'), values of headers */
    struct { size_t from, at; } digit;                     /* from..at: no digit */
};

struct sv_scan {
    struct sv_redactor *redactor;
    const char *data;
    size_t len;
    unsigned depth; /* of base64 in base64 */
    bool looked;    /* seen is valid: most texts need none of it */
    struct sv_seen seen;
};

/* Bytes [start, end) are a secret of this kind. */
struct sv_secret {
    size_t start, end;
    const char *kind;
};

extern const uint8_t sv_redact_classes[256];

static inline bool sv_redact_is(char c, enum sv_run run)
{
    return sv_redact_classes[(unsigned char)c] >> run & 1;
}

/* A scan of this text, where nothing was looked at yet. */
static inline void sv_scan_init(struct sv_scan *scan, struct sv_redactor *redactor, struct sv_slice text, unsigned depth)
{
    scan->redactor = redactor;
    scan->data = text.data;
    scan->len = text.len;
    scan->depth = depth;
    scan->looked = false;
}

/* The first secret that is found at a place not before `from`; *at is that place (the secret may begin before or behind it). */
bool sv_scan_next(struct sv_scan *scan, size_t from, size_t *at, struct sv_secret *out);

/* End of the run of this class that the byte at i is in; i itself when it is in none. Amortized O(1) on a walk forward. */
size_t sv_scan_run(struct sv_scan *scan, enum sv_run run, size_t i);

/* Is there a digit in [i, end)? Amortized O(1) on a walk forward. */
bool sv_scan_digit(struct sv_scan *scan, size_t i, size_t end);

/* Is the byte at i the first of a word, in the text or behind an escape such as \n or %3D? */
bool sv_scan_word_start(const struct sv_scan *scan, size_t i);

/* A secret that begins at i and shows by itself. */
bool sv_secret_at(struct sv_scan *scan, size_t i, struct sv_secret *out);

/* Is it worth to unpack what begins at i, where at least 18 bytes are left? False for nearly all that is no base64 of text. */
bool sv_secret_may_be_packed(const struct sv_scan *scan, size_t i);

/* A secret named by what stands around the ':' or '=' at i, or the user and password of a URL. */
bool sv_secret_named(struct sv_scan *scan, size_t i, struct sv_secret *out);

/* Could sv_secret_named find something at i? False for nearly all signs, and soon. */
bool sv_secret_may_be_named(const struct sv_scan *scan, size_t i);

/* A secret behind the command line flag at i (a '-'). */
bool sv_secret_flagged(struct sv_scan *scan, size_t i, struct sv_secret *out);

/* What a key of this name holds ("password", "token", ...), or NULL when it is no secret. */
const char *sv_secret_kind(struct sv_slice key);

/* Is this, as the value of such a key, no secret: a variable, a place holder, a type? */
bool sv_secret_is_blank(struct sv_slice value, const char *kind);

/* Does the text hold a secret? Used on what base64 unpacks to. */
bool sv_scan_any(struct sv_redactor *redactor, struct sv_slice text, unsigned depth);

/* Called once for a new redactor. */
void sv_secret_prepare(struct sv_redactor *redactor);

/* Unpacks base64 of either alphabet into out; false when it is none or not text. */
bool sv_base64_text(struct sv_slice packed, struct sv_buf *out);

enum { SV_REDACT_DEPTH = 2, SV_REDACT_HEAD_BITS = 12 };

struct sv_redactor {
    uint8_t first[256];                          /* redact_shapes.c: where the shapes of a letter begin */
    uint8_t heads[1 << SV_REDACT_HEAD_BITS];     /* by sv_redact_head: the letter a shape begins with, 0 where none does */
    uint32_t spread;                             /* odd; such that no two letters meet in heads */
    struct sv_buf unpacked[SV_REDACT_DEPTH + 1]; /* base64, one a depth */
    struct sv_buf plain, clean;                  /* of a JSON string */
    struct sv_arena arena;
};

/* Four bytes as a number, the first the lowest. */
static inline uint32_t sv_redact_word(const char *p)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
#else
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
#endif
}

/* The place of a word's first three bytes in heads. */
static inline uint32_t sv_redact_head(uint32_t word, uint32_t spread)
{
    return (word << 8) * spread >> (32 - SV_REDACT_HEAD_BITS);
}

#endif
