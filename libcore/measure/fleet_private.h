/* SPDX-License-Identifier: ISC */
/* fleet_private.h - the inside of a made-up fleet, shared by fleet.c (who does what, when), fleet_text.c (words and commands, escaped
 * beforehand) and fleet_*.c (a log format each).
 *
 * Speed comes from this: nothing is escaped and no number is printed by printf while records are made. Words lie one behind the
 * other in a pool for each way of escaping; a text is a run of them, copied at once. Room for a whole record is made before it is
 * written, so writing is moving a pointer.
 *
 * Floor: measure. */
#ifndef SV_FLEET_PRIVATE_H
#define SV_FLEET_PRIVATE_H

#include <string.h>

#include "base/mem.h"
#include "measure/fleet.h"
#include "measure/random.h"

enum {
    SV_FLEET_WORDS = 1 << 16,   /* in a pool */
    SV_FLEET_RECORD_MAX = 8192, /* bytes of the longest record, generously */
    SV_FLEET_TEXT_WORDS = 64    /* of the longest text */
};

/* How a text must be written: inside a JSON string, a JSON string inside a JSON string, a quoted CSV cell. */
enum sv_fleet_level { SV_FLEET_JSON, SV_FLEET_JSON_TWICE, SV_FLEET_CSV, SV_FLEET_LEVELS };

struct sv_fleet_pool {
    char *text;      /* words with a blank behind each */
    uint32_t *at;    /* [SV_FLEET_WORDS + 1] where they begin */
    struct sv_arena arena;
    struct sv_fleet_template *templates; /* [sv_fleet_templates] */
};

enum sv_fleet_kind {
    SV_FLEET_CALL,
    SV_FLEET_RESULT,
    SV_FLEET_LLM,
    SV_FLEET_MESSAGE,
    SV_FLEET_SAID,
    SV_FLEET_STATUS,
    SV_FLEET_ERROR,
    SV_FLEET_KINDS
};

/* A run of words. */
struct sv_fleet_words {
    uint32_t from, count;
};

/* What a tool was called with: the same seed is the same call, to the byte. */
struct sv_fleet_call {
    uint8_t tool;        /* sv_fleet_tools */
    uint8_t template;
    uint32_t seed;
    struct sv_fleet_words words;
};

struct sv_fleet_agent {
    char name[16], team[16], supervisor[16], session[40];
    uint8_t name_len, team_len, supervisor_len, session_len;
    bool has_call;       /* made, and no result yet */
    bool is_silent;
    bool was_met;        /* has a session */
    uint32_t left;       /* of a silent one: records until then */
    uint32_t calls;      /* so far; names the last one */
    struct sv_fleet_call call;
};

/* One thing that was done; formats put it into words. */
struct sv_fleet_record {
    enum sv_fleet_kind kind;
    uint64_t number;      /* from 1 */
    uint64_t id;          /* a random one, too */
    int64_t time_ns;
    struct sv_fleet_agent *agent;
    uint32_t agent_number, to; /* another agent's */
    bool failed;
    uint8_t error, model, status, priority;
    uint32_t entity;
    uint32_t input_tokens, output_tokens, cached_tokens, duration_ms, cost_micros;
    struct sv_fleet_words text;
};

struct sv_fleet {
    struct sv_fleet_spec spec;
    const struct sv_fleet_format *format;
    struct sv_random random;
    struct sv_fleet_agent *agents;
    struct sv_fleet_pool pools[SV_FLEET_LEVELS];
    uint64_t made;
    int64_t now_ns;
    bool has_begun;
    uint32_t current, stays;   /* agent of a format whose files have one at a time, and for how long yet */
    int64_t shown_second;      /* whose text is in shown */
    char shown[20];
};

struct sv_fleet_format {
    const char *name;
    bool levels[SV_FLEET_LEVELS];
    bool one_at_a_time;        /* a session is told whole before the next begins */
    void (*head)(struct sv_fleet *fleet, struct sv_buf *out); /* NULL: none */
    char *(*put)(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p);
};

extern const struct sv_fleet_format sv_fleet_format_sv, sv_fleet_format_claude, sv_fleet_format_codex, sv_fleet_format_csv,
    sv_fleet_format_logfmt, sv_fleet_format_claude_hook, sv_fleet_format_claude_stream, sv_fleet_format_codex_exec,
    sv_fleet_format_gemini;

/* --- fleet_text.c --- */

struct sv_fleet_tool {
    const char *name, *codex;  /* Claude's name, which the native and text formats use, too; Codex's */
    const char *key;           /* of the argument that the template makes */
    const char *text_key;      /* of another one, made of words; NULL: none */
    uint8_t first, count;      /* templates */
    uint32_t weight;
};
extern const struct sv_fleet_tool sv_fleet_tools[];
extern const size_t sv_fleet_tool_count;
extern const size_t sv_fleet_templates;
enum { SV_FLEET_SHELL = 0 }; /* the tool */
extern const uint8_t sv_fleet_risky_first, sv_fleet_risky_count; /* templates */

enum { SV_FLEET_MODELS = 5, SV_FLEET_ERRORS = 7, SV_FLEET_STATES = 4 };
extern const char *const sv_fleet_models[SV_FLEET_MODELS], *const sv_fleet_errors[SV_FLEET_ERRORS], *const sv_fleet_states[SV_FLEET_STATES];

/* The same words and templates for the same seed, whatever the level. */
void sv_fleet_pool_make(struct sv_fleet_pool *pool, enum sv_fleet_level level, uint64_t seed);
void sv_fleet_pool_free(struct sv_fleet_pool *pool);

/* The argument that a call's template makes: a command, a path, an address. */
char *sv_fleet_put_argument(char *p, const struct sv_fleet_pool *pool, const struct sv_fleet_call *call);

/* --- writing, into room that is there --- */

#define SV_FLEET_PUT(p, literal) ((p) = (char *)memcpy((p), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

static inline char *sv_fleet_put_bytes(char *p, const char *data, size_t len)
{
    memcpy(p, data, len);
    return p + len;
}

static inline char *sv_fleet_put_str(char *p, const char *text)
{
    return sv_fleet_put_bytes(p, text, strlen(text));
}

static inline char *sv_fleet_put_words(char *p, const struct sv_fleet_pool *pool, struct sv_fleet_words words)
{
    if (words.count == 0)
        return p;
    uint32_t from = pool->at[words.from], to = pool->at[words.from + words.count] - 1; /* its last blank */
    return sv_fleet_put_bytes(p, pool->text + from, to - from);
}

/* At least `width` digits. */
static inline char *sv_fleet_put_number(char *p, uint64_t n, int width)
{
    char digits[24];
    int at = 24;
    for (; n > 0 || width > 0; n /= 10, width--)
        digits[--at] = (char)('0' + n % 10);
    return sv_fleet_put_bytes(p, digits + at, (size_t)(24 - at));
}

static inline char *sv_fleet_put_hex(char *p, uint64_t n, int digits)
{
    for (int i = digits - 1; i >= 0; i--, n >>= 4)
        p[i] = "0123456789abcdef"[n & 15];
    return p + digits;
}

/* RFC 3339, UTC. */
char *sv_fleet_put_time(struct sv_fleet *fleet, char *p, int64_t time_ns);

/* 8-4-4-4-12 digits, of the record's id and number; another `of` is another one. */
char *sv_fleet_put_uuid(char *p, const struct sv_fleet_record *record, unsigned of);

/* Dollars, from millionths of them. */
char *sv_fleet_put_dollars(char *p, uint32_t micros);

#endif
