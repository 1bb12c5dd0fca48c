/* SPDX-License-Identifier: ISC */
/* regex.h - regular expressions: RE2 syntax, read by us, matched by PCRE2 under limits.
 *
 * What RE2 refuses (backreferences, look-around, possessive and atomic groups, recursion, verbs, \C) is refused when the
 * pattern is compiled; \s \S \z $ and flags mean what RE2 means (https://github.com/google/re2/wiki/Syntax). Search is
 * unanchored. A limit that was hit is an error, never "no match".
 *
 * Floor: cel; uses base only. */
#ifndef SV_REGEX_H
#define SV_REGEX_H

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct sv_words;
struct sv_regex; /* belongs to one thread: the first search may compile it further */

/* NULL on a bad pattern: err.column is the byte offset in the pattern, from 1. Free with sv_regex_free. */
struct sv_regex *sv_regex_new(struct sv_slice pattern, struct sv_error *err);
void sv_regex_free(struct sv_regex *regex);

enum sv_regex_result { SV_REGEX_NO, SV_REGEX_YES, SV_REGEX_LIMIT };

/* subject: valid UTF-8, at most SV_REGEX_SUBJECT_MAX bytes, else SV_REGEX_LIMIT (or NO, where texts are missing that every match
 * contains). start and end of the match may be NULL. */
enum sv_regex_result sv_regex_search(const struct sv_regex *regex, struct sv_slice subject, size_t *start, size_t *end);

/* While on, a pattern that was not searched for before is interpreted instead of compiled to machine code: for the few searches of
 * a policy's examples. What is found is the same, limits too. For this thread. */
void sv_regex_rehearse(bool on);

/* For tests: while on, a text is searched even if it lacks what a match must contain. For this thread. */
void sv_regex_thorough(bool on);

/* A thread that has searched gives back what it searched with, before it ends. */
void sv_regex_forget(void);

/* Text that every match contains, borrowed; may be empty. What lacks it need not be searched. */
struct sv_slice sv_regex_needle(const struct sv_regex *regex);

/* Texts of which every match contains one, where there is no needle; NULL: none are known. Borrowed. */
const struct sv_words *sv_regex_words(const struct sv_regex *regex);

/* True if the empty string matches. */
bool sv_regex_matches_empty(const struct sv_regex *regex);

/* What is odd about the sound pattern that regex was made of, as a constant text, or NULL: it can never match, or matches every
 * text. */
const char *sv_regex_advice(const struct sv_regex *regex, struct sv_slice pattern);

/* The version of PCRE2 in use, and whether it compiles patterns to machine code. */
void sv_regex_put_library(struct sv_buf *out);

#endif
