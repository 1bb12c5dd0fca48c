/* SPDX-License-Identifier: ISC */
/* error.h - what went wrong, where, told once.
 *
 * Who detects a failure fills the error; who passes it on adds a prefix at most; only cmd/ prints it, as
 * `program: file:line:column: text`. Functions that can fail return false or NULL and leave a complete error behind.
 *
 *     struct sv_error err = {0};
 *     if (bad)
 *         return sv_error_set(&err, SV_INPUT, "unknown key \"%s\"", key);      // always false
 *
 * Floor: base. */
#ifndef SV_ERROR_H
#define SV_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The exit statuses of every program; the largest that applies wins. */
enum sv_code {
    SV_DONE = 0,
    SV_FOUND = 1,  /* a violation at the end of finite input, a verb that asks said no */
    SV_USAGE = 2,
    SV_INPUT = 3,  /* input that could not be used */
    SV_SYSTEM = 4  /* I/O, lock, disk full */
};

struct sv_error {
    enum sv_code code;
    uint32_t line;   /* from 1; 0: no line */
    uint32_t column; /* from 1, in code points; 0: no column */
    uint32_t span;   /* columns to underline in `source`; 0: none */
    char file[1024]; /* empty: no file */
    char text[512];
    char source[240]; /* the line of input that is meant, for underlining on a terminal; may be empty */
};

/* Fills code and text, keeps a place already set. Returns false, so that one can `return sv_error_set(...)`. A NULL err is
 * allowed and ignored. */
bool sv_error_set(struct sv_error *err, enum sv_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, with `: <strerror(errno)>` behind it. */
bool sv_error_errno(struct sv_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the place. file may be NULL: unchanged. Returns false. */
bool sv_error_at(struct sv_error *err, const char *file, uint32_t line, uint32_t column);

/* Puts text before the error's text. Returns false. */
bool sv_error_prefix(struct sv_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A list of findings, for what reports all and not only the first. Growing; `= {0}` is empty. */
struct sv_findings {
    struct sv_error *items;
    size_t count;
    size_t capacity;
};

/* Appends a copy; beyond 1,000 nothing is added. */
void sv_findings_add(struct sv_findings *list, const struct sv_error *err);
void sv_findings_free(struct sv_findings *list);

/* Into err: the only one there is, which leaves the list; or how many, and what became of it ("3 errors; nothing was changed").
 * Returns false. */
bool sv_findings_fail(struct sv_findings *list, const char *outcome, struct sv_error *err);

#endif
