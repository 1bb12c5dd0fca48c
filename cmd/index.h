/* SPDX-License-Identifier: ISC */
/* index.h - the verbs of sv-index: a row each, in files of what belongs together (cmd/index_*.c). What a verb does lives in
 * libcore/run/, a file a verb or family; here are its options, and the way of the answer to stdout. */
#ifndef INDEX_H
#define INDEX_H

#include "cli_ask.h"

extern const struct cli_program index_add;
extern const struct cli_program index_archive;
extern const struct cli_program index_backup;
extern const struct cli_program index_check;
extern const struct cli_program index_metrics;
extern const struct cli_program index_repair;
extern const struct cli_program index_restore;
extern const struct cli_program index_slow;
extern const struct cli_program index_emit;
extern const struct cli_program index_export;
extern const struct cli_program index_import;
extern const struct cli_program index_sources;
extern const struct cli_program index_entities;
extern const struct cli_program index_context;
extern const struct cli_program index_show;
extern const struct cli_program index_stats;
extern const struct cli_program index_timeline;
extern const struct cli_program index_evaluations;
extern const struct cli_program index_verify;

#endif
