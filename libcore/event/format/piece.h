/* SPDX-License-Identifier: ISC */
/* piece.h - what the formats of agents' logs have in common: sizes and heads of texts, leftovers, calls that wait for results.
 *
 * Floor: event; uses json, base. Private to event/format/. */
#ifndef SV_PIECE_H
#define SV_PIECE_H

#include "event/format.h"

/* Bytes of the text that a result holds: a string's, of a list the sum over its strings and its blocks' `text`; of an object
 * the bytes of its JSON; of all others 0. Escapes count as what they mean. Linear, no allocation. */
int64_t sv_piece_text_bytes(struct sv_value value);

/* The beginning of that text, plain, at most about `limit` bytes and never half a character: the string's, or that of a list's
 * first text. Borrowed from value or made in arena. */
struct sv_slice sv_piece_head(struct sv_value value, size_t limit, struct sv_arena *arena);

/* The first line of text that is not blank, trimmed. */
struct sv_slice sv_piece_line(struct sv_slice text);

/* Does anything read `ext`? Else there is no need to build it. */
bool sv_piece_wants_ext(const struct sv_reader *reader);

/* `{` rest... `}` into out (cleared first), then as a value borrowed from out; SV_ABSENT when there is nothing. */
void sv_piece_ext_begin(struct sv_buf *out);
void sv_piece_ext_add(struct sv_buf *out, struct sv_slice key, struct sv_value value);
void sv_piece_ext_rest(struct sv_buf *out, const struct sv_json_rest *rest);
struct sv_value sv_piece_ext_end(struct sv_buf *out);

/* `<base>.<part>` in arena, part as in an address; base may be escaped. SV_ABSENT without a base. */
struct sv_value sv_piece_id(struct sv_value *base, uint32_t part, struct sv_arena *arena);

/* A SV_STRING, not empty. */
bool sv_piece_is_text(struct sv_value value);

/* The plain bytes of a string, empty for all else; in arena where it has escapes. */
struct sv_slice sv_piece_plain(struct sv_value *value, struct sv_arena *arena);

/* Fills the field unless text is empty. */
void sv_piece_set(struct sv_event *event, enum sv_field field, struct sv_slice text);

/* A path that a format wants: key of what another slot holds, or of the record itself. */
struct sv_piece_path {
    uint8_t slot, parent; /* SV_PIECE_TOP: the record */
    const char *key;
};
enum { SV_PIECE_TOP = 255 };

/* The tree of these paths, made once into *tree and never given back; a parent stands before its children. */
const struct sv_paths *sv_piece_paths(struct sv_paths **tree, const struct sv_piece_path *wanted, size_t count);

/* Reads one record, which must be an object: the slots wanted into v, which the caller has cleared, all of it into *whole. */
bool sv_piece_read(const struct sv_paths *paths, struct sv_slice text, struct sv_value *v, struct sv_value *whole,
                   struct sv_error *err);

/* The object's members without those of these names (NULL behind the last), in arena; SV_ABSENT when none are left. */
struct sv_value sv_piece_without(struct sv_arena *arena, struct sv_value object, const char *const *known);

/* The same for `ext`: SV_ABSENT also when nobody reads it. */
struct sv_value sv_piece_leftover(struct sv_reader *reader, struct sv_value object, const char *const *known);

/* {"key":value} in arena; SV_ABSENT without a value. */
struct sv_value sv_piece_object(struct sv_arena *arena, const char *key, struct sv_value value);

/* A word that a format's state keeps: session, folder, model. Longer ones are cut, never inside a character. */
enum { SV_PIECE_WORD_MAX = 510 };

struct sv_piece_word {
    uint16_t len;
    char text[SV_PIECE_WORD_MAX];
};

void sv_piece_keep(struct sv_piece_word *word, struct sv_slice text);
struct sv_slice sv_piece_kept(const struct sv_piece_word *word);

/* A whole number of tokens that can be one; 0 for all else. */
int64_t sv_piece_tokens(struct sv_value value);

/* What a call's result does not say itself: the tool. The last 256 calls are remembered, by a hash of their id. */
enum { SV_PIECE_CALLS = 256, SV_PIECE_TOOL_MAX = 96 };

struct sv_piece_calls {
    uint64_t hash[SV_PIECE_CALLS]; /* 0: free */
    uint8_t len[SV_PIECE_CALLS];
    char tool[SV_PIECE_CALLS][SV_PIECE_TOOL_MAX];
    uint32_t next;
};

void sv_piece_call_add(struct sv_piece_calls *calls, struct sv_slice id, struct sv_slice tool);
void sv_piece_call_put(struct sv_piece_calls *calls, uint64_t hash, struct sv_slice tool); /* as it was kept, the oldest first */

/* The call is over and forgotten. */
void sv_piece_call_remove(struct sv_piece_calls *calls, struct sv_slice id);

/* Borrowed until the next add; empty when the call is not known (any more). */
struct sv_slice sv_piece_call_tool(const struct sv_piece_calls *calls, struct sv_slice id);

/* The time of a record whose clock is a top-level `timestamp`, without reading all of it; the record may be broken. */
bool sv_piece_time(struct sv_slice text, int64_t *ns);

#endif
