/* SPDX-License-Identifier: ISC */
/* redact.h - secrets out of what is printed or stored.
 *
 * By key name (case, '-' and '_' folded: authorization, cookie, *token, *secret, *password, api*key, private*key, ...) and by
 * the shape of values (PEM blocks, JWT, Bearer, AKIA..., sk-..., gh[pousr]_..., xox?-, and so on). A secret becomes
 * `[redacted:<kind>]`, the same bytes for the same input. Linear time; beside out only scratch memory that is used again, so a
 * redactor serves one thread.
 *
 *     struct sv_redactor *redactor = sv_redactor_new();
 *     sv_redact_text(redactor, &out, text);
 *     sv_redactor_free(redactor);
 *
 * Floor: event; uses json, base. */
#ifndef SV_REDACT_H
#define SV_REDACT_H

#include "base/buf.h"
#include "base/error.h"
#include "json/value.h"

struct sv_redactor;

struct sv_redactor *sv_redactor_new(void);
void sv_redactor_free(struct sv_redactor *redactor);

/* Appends plain text with its secrets replaced. redactor may be NULL: appends as it is. Returns how many were replaced. */
size_t sv_redact_text(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice plain);

/* The same for a JSON value, written as JSON: every string at any depth, and values whole whose key says so. key: the name the
 * value stands under, may be empty. NULL redactor: as sv_json_put_value. */
size_t sv_redact_value(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice key, struct sv_value value);

/* For a name that is kept as it is, because it is looked for as it is: false, with err (SV_INPUT), if it holds a secret. */
bool sv_redact_name(struct sv_redactor *redactor, struct sv_slice name, struct sv_error *err);

/* Does a key of this name hold a secret? */
bool sv_redact_key(struct sv_slice key);

#endif
