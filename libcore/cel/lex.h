/* SPDX-License-Identifier: ISC */
/* lex.h - the tokens of an expression (cel-spec, doc/langdef.md, "Syntax"). Private to this floor.
 *
 *     struct sv_lex lex;
 *     sv_lex_open(&lex, source, &arena);
 *     while (lex.kind != SV_T_END && lex.kind != SV_T_BAD)
 *         sv_lex_next(&lex);
 *
 * The current token lies in the struct. String literals are decoded into the arena.
 *
 * Floor: cel. */
#ifndef SV_LEX_H
#define SV_LEX_H

#include "base/mem.h"
#include "json/value.h"

enum sv_token {
    SV_T_END,
    SV_T_BAD,    /* problem says why; offset and length where */
    SV_T_NAME,   /* text; also reserved words */
    SV_T_QUOTED, /* `a-b`: text is what is inside */
    SV_T_INT,    /* value.u: the number without its sign, up to 2^63 */
    SV_T_UINT,
    SV_T_DOUBLE,
    SV_T_STRING,
    SV_T_BYTES,
    SV_T_TRUE,
    SV_T_FALSE,
    SV_T_NULL,
    SV_T_IN,
    SV_T_EQ,
    SV_T_NE,
    SV_T_LT,
    SV_T_LE,
    SV_T_GT,
    SV_T_GE,
    SV_T_AND,
    SV_T_OR,
    SV_T_OPEN,  /* ( */
    SV_T_CLOSE, /* ) */
    SV_T_BRACKET,
    SV_T_BRACKET_CLOSE,
    SV_T_BRACE,
    SV_T_BRACE_CLOSE,
    SV_T_DOT,
    SV_T_COMMA,
    SV_T_COLON,
    SV_T_QUESTION,
    SV_T_NOT,
    SV_T_PLUS,
    SV_T_MINUS,
    SV_T_STAR,
    SV_T_SLASH,
    SV_T_PERCENT
};

struct sv_lex {
    struct sv_slice source;
    struct sv_arena *arena;
    size_t at;     /* behind the current token */
    size_t behind; /* behind the token before it */
    enum sv_token kind;
    uint32_t offset, length;
    struct sv_slice text;  /* of names */
    struct sv_value value; /* of literals */
    uint32_t inner;        /* of strings: where in the source their text stands byte for byte; 0: it has escapes */
    char problem[160];
};

/* Starts at the first token. source must outlive the tokens' names. */
void sv_lex_open(struct sv_lex *lex, struct sv_slice source, struct sv_arena *arena);
void sv_lex_next(struct sv_lex *lex);

/* True for words that are no names for variables (they may stand behind a dot). */
bool sv_lex_is_reserved(struct sv_slice name);

#endif
