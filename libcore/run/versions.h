/* SPDX-License-Identifier: ISC */
/* versions.h - what runs here, in which version, and where it looks for things: for `-V -v`, and for who has to find out why.
 *
 * Floor: run. */
#ifndef SV_RUN_VERSIONS_H
#define SV_RUN_VERSIONS_H

#include "base/buf.h"

/* What the command line names; empty members: the defaults. */
struct sv_run_named {
    const char *store;
    bool no_store;
    const char *const *policies;
    size_t policy_count;
};

/* Lines `what  value (where from)`: how it was built, libraries, then paths. */
void sv_run_put_versions(struct sv_buf *out, const struct sv_run_named *named);

/* How it was built, in one line without its end: what the compiler tells, and the CFLAGS that make was given. */
void sv_run_put_build(struct sv_buf *out);

#endif
