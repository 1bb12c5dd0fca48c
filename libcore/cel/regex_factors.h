/* SPDX-License-Identifier: ISC */
/* regex_factors.h - texts of which every match of a pattern contains one. Private to this floor.
 *
 * So that a text that has none of them need not be searched: the pattern `(?i)ignore (?:all )?instructions|you are now` gives
 * "ignore " and "you are now". What a pattern does not force is left out; where nothing is forced there are none.
 *
 * Floor: cel; uses base only. */
#ifndef SV_REGEX_FACTORS_H
#define SV_REGEX_FACTORS_H

#include "cel/words.h"

/* NULL: nothing is certain, or nothing that is long enough to be worth looking for. The pattern: one that sv_regex_scan has taken.
 * Lives in the arena. */
const struct sv_words *sv_regex_factors(struct sv_arena *arena, struct sv_slice pattern);

#endif
