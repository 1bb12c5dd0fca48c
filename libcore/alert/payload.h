/* SPDX-License-Identifier: ISC */
/* payload.h - a notice in the words of a receiver: a CEL expression over the notice, by which chats and pagers get what they take.
 *
 * A text is sent as it is, a list or mapping as JSON. Names are the notice's members (notice.h), all of it is `notice`, and `secret`
 * is what the receiver's secret_file holds: it goes into the payload, and nowhere else.
 *
 *     struct sv_payload *payload = sv_payload_new(env);
 *     if (!sv_payload_make(payload, expr, notice, secret, &out, &err))       // err says why there is none
 *     sv_payload_free(payload);
 *
 * Floor: alert; uses cel, json. */
#ifndef SV_PAYLOAD_H
#define SV_PAYLOAD_H

#include "base/buf.h"
#include "base/error.h"
#include "cel/cel.h"

/* The names that payloads know. Expressions compiled with env live in the arena. */
struct sv_payload_env {
    struct sv_paths *paths;
    struct sv_cel_env *env;
    bool uses_secret;        /* does an expression so far? */
};
void sv_payload_env_open(struct sv_payload_env *env, struct sv_arena *arena);
void sv_payload_env_close(struct sv_payload_env *env);

/* Room to make payloads in, one behind the other. env is borrowed. */
struct sv_payload;
struct sv_payload *sv_payload_new(const struct sv_payload_env *env);
void sv_payload_free(struct sv_payload *payload);

/* Appends. expr NULL: the notice itself and a line end. False with err (SV_INPUT) when it fails, is absent, null, or no text, list or
 * mapping; then nothing is appended. */
bool sv_payload_make(struct sv_payload *payload, const struct sv_cel *expr, struct sv_slice notice, struct sv_slice secret,
                     struct sv_buf *out, struct sv_error *err);

#endif
