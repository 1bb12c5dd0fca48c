/* SPDX-License-Identifier: ISC */
/* cli_private.h - what the files of the front desk share; no program includes this.
 *
 * Subjects: cli.c options and the command line, cli_help.c usage, help, version and completion, cli_output.c messages, standard output
 * and the terminal, cli_time.c times. */
#ifndef CLI_PRIVATE_H
#define CLI_PRIVATE_H

#include "cli.h"

/* Rows of the help, headings among them, and options alone: first the program's, then those that all programs have and it does
 * not name itself. NULL behind the last. */
const struct cli_option *cli_row_at(const struct cli_program *program, size_t n);
const struct cli_option *cli_option_at(const struct cli_program *program, size_t n);

/* Its name as people call it, the verb left out. */
const char *cli_name(const struct cli *cli);

/* Says what is wrong with the command line, unless it is only being completed. Returns -1. */
int cli_wrong(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
