/* SPDX-License-Identifier: ISC */
/* paths.h - which parts of a JSON object somebody wants, as a tree of keys, and into which slot each goes.
 *
 * Conditions, formats and reports register the paths they read once, at load; the reader then fills their slots in one pass
 * and skips (but validates) everything else. A node may be both wanted itself and the parent of wanted ones. Several keys may
 * lead to one slot (aliases): where more than one is present, the last in the text wins, as with a repeated key.
 *
 *     struct sv_paths *paths = sv_paths_new();
 *     uint32_t args = sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("args"));
 *     uint32_t command = sv_paths_key(paths, args, SV_SLICE("command"));
 *     uint32_t slot = sv_paths_want(paths, command);             // its slot, given on first asking
 *     sv_paths_free(paths);
 *
 * A tree belongs to one thread: reading remembers in it how records look (shapes.h), which changes no answer.
 *
 * Nodes and slots are small numbers, never move and are never given back. Paths may be added until the first read and also
 * between reads (slot arrays then have to grow to sv_paths_slots).
 *
 * Floor: json; uses base only. */
#ifndef SV_PATHS_H
#define SV_PATHS_H

#include <stdint.h>

#include "base/slice.h"

#define SV_PATHS_ROOT 0u
#define SV_NO_SLOT UINT32_MAX
#define SV_NO_NODE UINT32_MAX

struct sv_paths;

struct sv_paths *sv_paths_new(void);
void sv_paths_free(struct sv_paths *paths);

/* The node of member `key` below node, made if it is new. The key is copied. */
uint32_t sv_paths_key(struct sv_paths *paths, uint32_t node, struct sv_slice key);

/* The node's slot; gives it the next free one if it had none. */
uint32_t sv_paths_want(struct sv_paths *paths, uint32_t node);

/* Gives the node this very slot (an alias of another node, or a fixed number). The node must have none yet, or this one. */
void sv_paths_bind(struct sv_paths *paths, uint32_t node, uint32_t slot);

/* The node's slot, or SV_NO_SLOT. */
uint32_t sv_paths_slot(const struct sv_paths *paths, uint32_t node);

/* Existing child, or SV_NO_NODE. */
uint32_t sv_paths_find(const struct sv_paths *paths, uint32_t node, struct sv_slice key);

/* Is anything registered below the node? */
bool sv_paths_has_children(const struct sv_paths *paths, uint32_t node);

/* How many slots a slot array needs. */
uint32_t sv_paths_slots(const struct sv_paths *paths);

/* Slots below `count` are reserved for fixed numbers (sv_paths_bind); sv_paths_want starts behind them. Call first. */
void sv_paths_reserve(struct sv_paths *paths, uint32_t count);

#endif
