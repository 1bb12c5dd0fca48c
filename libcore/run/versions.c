/* SPDX-License-Identifier: ISC */
#include "run/paths.h"
#include "store/store.h"

static void put_path(struct sv_buf *out, const char *what, const struct sv_buf *path)
{
    sv_buf_str(out, what);
    sv_buf_add(out, path->len > 0 ? sv_buf_slice(path) : SV_SLICE("none found"));
    sv_buf_char(out, '\n');
}

void sv_run_put_versions(struct sv_buf *out)
{
    struct sv_buf policies = {0}, prices = {0}, store = {0};
    sv_buf_str(out, "SQLite ");
    sv_buf_str(out, sv_store_library());
    sv_buf_char(out, '\n');
    sv_run_default_policies(&policies);
    sv_run_default_prices(&prices);
    sv_store_default_path(&store, NULL);
    put_path(out, "policies ", &policies);
    put_path(out, "prices ", &prices);
    put_path(out, "store ", &store);
    sv_buf_free(&policies);
    sv_buf_free(&prices);
    sv_buf_free(&store);
}
