/* SPDX-License-Identifier: ISC */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "cel/regex.h"

#include <pcre2.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cel/regex_factors.h"
#include "cel/regex_scan.h"

/* Machine code costs ten times what reading the pattern costs, and most patterns of a set are never asked for by a short run. */
enum jit { JIT_NOT_TRIED, JIT_READY, JIT_NONE };

struct sv_regex {
    pcre2_code *code;
    struct sv_slice needle; /* every match contains it */
    struct sv_slice pattern;
    struct sv_arena arena;
    const struct sv_words *words; /* every match contains one of them; NULL: none is known, or not looked for yet */
    bool has_looked;
    enum jit jit;
};

/* What matching works with: one a thread, kept for its life. */
static _Thread_local struct {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    bool rehearses, is_thorough;
} matcher;

static void *pcre_alloc(size_t size, void *data)
{
    (void)data;
    return sv_alloc(size);
}

static void pcre_free(void *p, void *data)
{
    (void)data;
    sv_free(p);
}

static void matcher_ready(void)
{
    /* room for a repeated group that takes SV_REGEX_SUBJECT_MAX bytes one by one, so that a long text is no way around a pattern */
    enum { STACK_START = 32 << 10, STACK_MAX = 8 << 20, HEAP_KIB = 16 << 10 };
    pcre2_general_context *general = pcre2_general_context_create(pcre_alloc, pcre_free, NULL);
    matcher.data = pcre2_match_data_create(1, general);
    matcher.context = pcre2_match_context_create(general);
    matcher.stack = pcre2_jit_stack_create(STACK_START, STACK_MAX, general);
    pcre2_set_heap_limit(matcher.context, HEAP_KIB);
    if (matcher.stack != NULL)
        pcre2_jit_stack_assign(matcher.context, NULL, matcher.stack);
    pcre2_general_context_free(general);
}

void sv_regex_forget(void)
{
    pcre2_match_data_free(matcher.data);
    pcre2_match_context_free(matcher.context);
    pcre2_jit_stack_free(matcher.stack);
    matcher.data = NULL;
    matcher.context = NULL;
    matcher.stack = NULL;
}

struct sv_regex *sv_regex_new(struct sv_slice pattern, struct sv_error *err)
{
    struct sv_buf text = {0}, needle = {0};
    struct sv_regex *regex = NULL;
    if (sv_regex_scan(pattern, &text, &needle, err)) {
        int code;
        PCRE2_SIZE offset;
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        pcre2_code *compiled =
            pcre2_compile((PCRE2_SPTR)(text.len > 0 ? text.data : ""), text.len,
                          PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NO_AUTO_CAPTURE,
                          &code, &offset, context);
        pcre2_compile_context_free(context);
        if (compiled != NULL) {
            regex = sv_calloc(1, sizeof *regex);
            regex->code = compiled;
            regex->needle = sv_slice(sv_str_dup(sv_buf_slice(&needle)), needle.len);
            regex->pattern = sv_slice(sv_str_dup(pattern), pattern.len);
        } else {
            PCRE2_UCHAR message[128] = "";
            pcre2_get_error_message(code, message, sizeof message);
            sv_error_set(err, SV_INPUT, "%s", (const char *)message);
            sv_error_at(err, NULL, 0, 1);
        }
    }
    sv_buf_free(&text);
    sv_buf_free(&needle);
    return regex;
}

void sv_regex_free(struct sv_regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    sv_free((char *)(uintptr_t)regex->needle.data);
    sv_free((char *)(uintptr_t)regex->pattern.data);
    sv_arena_free(&regex->arena);
    sv_free(regex);
}

struct sv_slice sv_regex_needle(const struct sv_regex *regex)
{
    return regex->needle;
}

void sv_regex_rehearse(bool on)
{
    matcher.rehearses = on;
}

void sv_regex_thorough(bool on)
{
    matcher.is_thorough = on;
}

const struct sv_words *sv_regex_words(const struct sv_regex *regex)
{
    if (!regex->has_looked) {
        struct sv_regex *own = (struct sv_regex *)(uintptr_t)regex; /* on the heap, and of one thread */
        own->words = sv_regex_factors(&own->arena, regex->pattern);
        own->has_looked = true;
    }
    return regex->words;
}

/* May there be a match, by the texts that it must contain? */
static bool may_match(const struct sv_regex *regex, struct sv_slice subject)
{
    if (matcher.is_thorough)
        return true;
    if (regex->needle.len > 0)
        return subject.len <= SV_REGEX_SUBJECT_MAX || sv_slice_find(subject, regex->needle) != NULL;
    const struct sv_words *words = sv_regex_words(regex);
    return words == NULL || sv_words_found(words, subject);
}

/* Is there machine code? It is made when it is first asked for: a regex lives on the heap and belongs to one thread. */
static bool jit_ready(const struct sv_regex *regex)
{
    if (regex->jit == JIT_NOT_TRIED)
        ((struct sv_regex *)(uintptr_t)regex)->jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0 ? JIT_READY : JIT_NONE;
    return regex->jit == JIT_READY;
}

static int interpret(const struct sv_regex *regex, struct sv_slice subject)
{
    return pcre2_match(regex->code, (PCRE2_SPTR)subject.data, subject.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher.data, matcher.context);
}

enum sv_regex_result sv_regex_search(const struct sv_regex *regex, struct sv_slice subject, size_t *start, size_t *end)
{
    bool rehearses = matcher.rehearses && regex->jit == JIT_NOT_TRIED && subject.len <= SV_REGEX_SUBJECT_MAX;
    if (!rehearses && !may_match(regex, subject)) /* however long it is; to find those texts takes as long as several searches */
        return SV_REGEX_NO;
    if (subject.len > SV_REGEX_SUBJECT_MAX)
        return SV_REGEX_LIMIT;
    if (matcher.data == NULL)
        matcher_ready();
    if (subject.data == NULL)
        subject.data = "";
    uint32_t limit = SV_REGEX_MATCH_LIMIT + SV_REGEX_MATCH_LIMIT_BYTE * (uint32_t)subject.len;
    pcre2_set_match_limit(matcher.context, limit);
    int found = PCRE2_ERROR_MATCHLIMIT;
    bool is_done = false;
    if (rehearses) { /* the two count differently: machine code has the last word on limits */
        found = interpret(regex, subject);
        is_done = found >= 0 || found == PCRE2_ERROR_NOMATCH;
        if (!is_done && !may_match(regex, subject))
            return SV_REGEX_NO;
    }
    if (!is_done)
        found = jit_ready(regex) ? pcre2_jit_match(regex->code, (PCRE2_SPTR)subject.data, subject.len, 0, 0, matcher.data, matcher.context)
                                 : interpret(regex, subject);
    if (found == PCRE2_ERROR_NOMATCH)
        return SV_REGEX_NO;
    if (found < 0) /* match, depth, heap and JIT stack limits; nothing else is left to go wrong */
        return SV_REGEX_LIMIT;
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(matcher.data);
    if (start != NULL)
        *start = place[0];
    if (end != NULL)
        *end = place[1];
    return SV_REGEX_YES;
}

bool sv_regex_matches_empty(const struct sv_regex *regex)
{
    return sv_regex_search(regex, sv_slice("", 0), NULL, NULL) == SV_REGEX_YES;
}

void sv_regex_put_library(struct sv_buf *out)
{
    char text[64] = "";
    uint32_t jit = 0;
    pcre2_config(PCRE2_CONFIG_VERSION, text); /* 24 bytes at most: pcre2api(3) */
    sv_buf_str(out, text);
    pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, text);
    pcre2_config(PCRE2_CONFIG_JIT, &jit);
    sv_buf_printf(out, ", Unicode %s, %s", text, jit ? "compiled to machine code" : "interpreted");
}
