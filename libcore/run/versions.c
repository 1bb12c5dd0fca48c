/* SPDX-License-Identifier: ISC */
#include "run/versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/commas.h"
#include "cel/regex.h"
#include "event/format.h"
#include "policy/yaml.h"
#include "report/table.h"
#include "run/paths.h"
#include "store/store.h"

enum { VALUE_AT = 11 };

static void put_what(struct sv_buf *out, const char *what)
{
    sv_buf_str(out, what);
    for (size_t used = strlen(what); used < VALUE_AT; used++)
        sv_buf_char(out, ' ');
}

/* A line; value NULL: there is none. */
static void put(struct sv_buf *out, const char *what, const char *value, const char *from)
{
    put_what(out, what);
    if (value != NULL)
        sv_text_safe(out, sv_slice_str(value));
    else
        sv_buf_str(out, "none");
    sv_buf_printf(out, " (%s)\n", from);
}

void sv_run_put_build(struct sv_buf *out)
{
#if defined __clang__
    sv_buf_str(out, "by " __VERSION__);
#elif defined __GNUC__
    sv_buf_str(out, "by gcc " __VERSION__);
#else
    sv_buf_str(out, "by a compiler that does not tell its name");
#endif
    sv_buf_printf(out, ", %zu bits", 8 * sizeof(void *));
#ifdef __OPTIMIZE__
    sv_buf_str(out, ", optimized");
#else
    sv_buf_str(out, ", not optimized");
#endif
#ifdef _FORTIFY_SOURCE
    sv_buf_printf(out, ", _FORTIFY_SOURCE=%d", _FORTIFY_SOURCE);
#endif
#if defined __SSP_STRONG__ || defined __SSP_ALL__
    sv_buf_str(out, ", stack protector");
#endif
#ifdef __PIE__
    sv_buf_str(out, ", PIE");
#endif
#ifdef __CET__
    sv_buf_str(out, ", CET");
#endif
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
    sv_buf_str(out, ", address sanitizer");
#endif
#ifdef SV_CFLAGS
    sv_buf_str(out, SV_CFLAGS[0] != '\0' ? ", with " SV_CFLAGS : "");
#endif
}

static void put_libraries(struct sv_buf *out)
{
    put_what(out, "sqlite3");
    sv_store_put_library(out);
    sv_buf_char(out, '\n');
    put_what(out, "pcre2");
    sv_regex_put_library(out);
    sv_buf_char(out, '\n');
    put_what(out, "libfyaml");
    sv_buf_str(out, sv_yaml_library());
    sv_buf_char(out, '\n');
    put_what(out, "libcsv");
    sv_buf_str(out, sv_commas_library());
    sv_buf_char(out, '\n');
}

static void put_found(struct sv_buf *out, const char *what, const char *variable, const char *name)
{
    struct sv_buf path = {0};
    const char *from = "";
    bool found = sv_run_find(&path, variable, name, &from);
    put(out, what, found ? sv_buf_cstr(&path) : NULL, found ? from : "in no place of sv-tools(7), FILES");
    sv_buf_free(&path);
}

static void put_store(struct sv_buf *out, const struct sv_run_named *named)
{
    struct sv_buf path = {0};
    struct sv_error err = {0};
    const char *set = getenv("SV_STORE"), *state = getenv("XDG_STATE_HOME");
    if (named->no_store)
        put(out, "store", NULL, "-N");
    else if (named->store != NULL && named->store[0] != '\0')
        put(out, "store", named->store, "-d");
    else if (!sv_store_default_path(&path, &err))
        put(out, "store", NULL, err.text);
    else
        put(out, "store", sv_buf_cstr(&path),
            set != NULL && set[0] != '\0' ? "SV_STORE" : state != NULL && state[0] == '/' ? "XDG_STATE_HOME" : "default");
    sv_buf_free(&path);
}

static void put_logs(struct sv_buf *out)
{
    struct sv_buf folders = {0};
    size_t found = sv_run_home_logs(&folders);
    const char *folder = folders.data;
    for (size_t i = 0; i < found; i++, folder += strlen(folder) + 1)
        put(out, "logs", folder, "--home");
    if (found == 0)
        put(out, "logs", NULL, "--home");
    sv_buf_free(&folders);
}

void sv_run_put_versions(struct sv_buf *out, const struct sv_run_named *named)
{
    const char *zones = getenv("TZDIR");
    bool is_set = zones != NULL && zones[0] != '\0';
    put_what(out, "built");
    sv_run_put_build(out);
    sv_buf_char(out, '\n');
    put_libraries(out);
    for (size_t i = 0; i < named->policy_count; i++)
        put(out, "policies", named->policies[i], "-p");
    if (named->policy_count == 0)
        put_found(out, "policies", "SV_POLICIES", "policies");
    put_found(out, "prices", "SV_PRICES", "prices.csv");
    put_store(out, named);
    put_logs(out);
    put(out, "zones", is_set ? zones : "/usr/share/zoneinfo", is_set ? "TZDIR" : "default");
}
