/* SPDX-License-Identifier: ISC */
/* regex_scan.h - reads a pattern in RE2's syntax and writes what PCRE2 must be given to mean the same. Private to this floor.
 *
 * Source: https://github.com/google/re2/wiki/Syntax. All groups become non-capturing: only whether and where is asked.
 *
 * Floor: cel; uses base only. */
#ifndef SV_REGEX_SCAN_H
#define SV_REGEX_SCAN_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the translation to out. needle: text that every match contains (may be empty); freed by the caller. false: err has the
 * reason and, as column, the byte offset from 1. */
bool sv_regex_scan(struct sv_slice pattern, struct sv_buf *out, struct sv_buf *needle, struct sv_error *err);

#endif
