/* SPDX-License-Identifier: ISC */
/* logs.h - log files and folders as a store of their own: read into memory, asked, forgotten. The same run as sv-index add's, but
 * all of a log is taken to be there: nothing waits for what may follow.
 *
 * Floor: run. */
#ifndef SV_RUN_LOGS_H
#define SV_RUN_LOGS_H

#include "run/ask.h"

/* Reads ask->operands, those behind the first `skip`: all formats, ask's format and times. with_events: keep these, too, not only
 * what they add up to. *status: what was not to be read (SV_INPUT, SV_SYSTEM); ask->notice was told. NULL with err: nothing could
 * be read. */
struct sv_store *sv_logs_read(const struct sv_ask *ask, size_t skip, bool with_events, enum sv_code *status, struct sv_error *err);

#endif
