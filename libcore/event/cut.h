/* SPDX-License-Identifier: ISC */
/* cut.h - a canonical line made shorter, so that one answer of a megabyte does not cost a megabyte in the store.
 *
 * What stays is an event: ids, times and numbers as they were, long strings at any depth cut, each at the same length, as long
 * as the whole then fits, an ellipsis behind what is left. Only where even short strings are too many, whole fields go (ext,
 * args, result, labels, then those that are no fields). `body_bytes` tells the line's size before, `result_bytes` that of the
 * result, unless the source said it.
 *
 *     if (line.len > max)
 *         sv_event_cut(&out, line, max);
 *
 * Floor: event; uses json and base. */
#ifndef SV_CUT_H
#define SV_CUT_H

#include "base/buf.h"

/* line: one that sv_event_put_json wrote, without its newline. max >= SV_BODY_MIN. Appends at most max bytes, no newline. */
void sv_event_cut(struct sv_buf *out, struct sv_slice line, size_t max);

#endif
