/* SPDX-License-Identifier: ISC */
/* words.h - does a text contain any of these? All are looked for in one pass. Private to this floor.
 *
 * By their first two or three bytes, 32 places at a time where the processor can (the way of Teddy, from Intel's Hyperscan), else
 * one by one; what looks like one of them is then compared.
 *
 *     const struct sv_words *words = sv_words_new(&arena, texts, count, true);
 *     if (words == NULL || sv_words_found(words, text))
 *         ... it may match
 *
 * Floor: cel; uses base only. */
#ifndef SV_WORDS_H
#define SV_WORDS_H

#include "base/mem.h"

enum { SV_WORDS_MAX = 64, SV_WORDS_SHORTEST = 2 };

struct sv_words;

/* The texts are copied; all of it lives in the arena. is_folded: upper and lower case of ASCII letters are the same. NULL when
 * there are none or too many, or one is shorter than SV_WORDS_SHORTEST. */
const struct sv_words *sv_words_new(struct sv_arena *arena, const struct sv_slice *texts, size_t count, bool is_folded);

bool sv_words_found(const struct sv_words *words, struct sv_slice text);

/* Which of them it contains: bit i for texts[i] of sv_words_new. */
uint64_t sv_words_which(const struct sv_words *words, struct sv_slice text);

/* The texts themselves, in some order; lower case where upper and lower case are the same. Borrowed. */
const struct sv_slice *sv_words_texts(const struct sv_words *words, size_t *count);

/* For tests: not by what this processor can do, but as any can. */
bool sv_words_found_plainly(const struct sv_words *words, struct sv_slice text);
uint64_t sv_words_which_plainly(const struct sv_words *words, struct sv_slice text);

#endif
