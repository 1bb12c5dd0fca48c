/* SPDX-License-Identifier: ISC */
#include "run/tell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "event/redact.h"
#include "json/reader.h"
#include "policy/evaluation.h"
#include "report/table.h"
#include "run/mail.h"
#include "run/paths.h"

enum { SECRET_MAX = 65536, SECRET_LEAST = 8 /* bytes: shorter words are no secrets, and would be found everywhere */, EX_REFUSED = 65 };

struct sv_teller {
    const struct sv_alert_config *config;
    struct sv_store *store;
    struct sv_children *children;
    struct sv_payload *payload;
    struct sv_mail *mail;      /* once one was needed */
    struct sv_redactor *redactor;
    struct sv_buf scratch;
};

struct sv_teller *sv_teller_new(const struct sv_alert_config *config, struct sv_store *store, struct sv_children *children)
{
    struct sv_teller *teller = sv_calloc(1, sizeof *teller);
    teller->config = config;
    teller->store = store;
    teller->children = children;
    teller->payload = sv_payload_new(&config->payloads);
    teller->redactor = sv_redactor_new();
    return teller;
}

void sv_teller_free(struct sv_teller *teller)
{
    if (teller == NULL)
        return;
    sv_payload_free(teller->payload);
    sv_mail_close(teller->mail);
    sv_redactor_free(teller->redactor);
    sv_buf_free(&teller->scratch);
    sv_free(teller);
}

void sv_telling_free(struct sv_telling *telling)
{
    sv_buf_free(&telling->answer);
    sv_buf_free(&telling->payload);
    sv_buf_free(&telling->secret);
    sv_arena_free(&telling->arena);
}

/* --- secrets --- */

static bool read_secret(const struct sv_receiver *receiver, struct sv_buf *out, struct sv_error *err)
{
    struct sv_os_stat st;
    struct sv_buf path = {0};
    bool fine = true;
    sv_buf_clear(out);
    if (receiver->secret_file.len == 0)
        return true;
    sv_buf_add(&path, receiver->secret_file);
    sv_error_at(err, sv_buf_cstr(&path), 0, 0);
    if (!sv_os_stat_path(sv_buf_cstr(&path), true, &st))
        fine = sv_error_errno(err, "the secret_file cannot be read");
    else if (!st.is_file)
        fine = sv_error_set(err, SV_INPUT, "the secret_file is no file");
    else if ((st.mode & 07) != 0)
        fine = sv_error_set(err, SV_INPUT, "others may read the secret_file: chmod 600");
    else
        fine = sv_os_slurp(sv_buf_cstr(&path), SECRET_MAX, out, err);
    sv_buf_free(&path);
    struct sv_slice trimmed = sv_slice_trim(sv_buf_slice(out));
    if (fine && trimmed.len == 0)
        fine = sv_error_set(err, SV_INPUT, "the secret_file is empty");
    if (fine && trimmed.len < out->len) {
        memmove(out->data, trimmed.data, trimmed.len);
        out->len = trimmed.len;
    }
    return fine;
}

static void replace_word(struct sv_buf *text, struct sv_slice word)
{
    static const struct sv_slice instead = {"[redacted:secret]", 17};
    struct sv_buf out = {0};
    struct sv_slice rest = sv_buf_slice(text);
    const char *found;
    while ((found = sv_slice_find(rest, word)) != NULL) {
        sv_buf_add(&out, sv_slice(rest.data, (size_t)(found - rest.data)));
        sv_buf_add(&out, instead);
        rest = sv_slice(found + word.len, rest.len - (size_t)(found - rest.data) - word.len);
    }
    sv_buf_add(&out, rest);
    sv_buf_set(text, sv_buf_slice(&out));
    sv_buf_free(&out);
}

/* Every part of it between blanks and quotes: a secret_file may hold a few lines of options. */
static void hide_secret(struct sv_buf *text, struct sv_slice secret)
{
    const char *at = secret.data, *end = sv_slice_end(secret);
    while (at < end) {
        const char *start = at;
        while (at < end && strchr(" \t\r\n\"'=", *at) == NULL)
            at++;
        if (at - start >= SECRET_LEAST)
            replace_word(text, sv_slice(start, (size_t)(at - start)));
        at += at < end;
    }
}

/* --- what is kept of an answer --- */

static void take_answer(struct sv_teller *teller, struct sv_telling *telling, struct sv_slice said, uint64_t bytes)
{
    struct sv_buf plain = {0};
    said = sv_slice_trim(said);
    sv_buf_add(&plain, said);
    hide_secret(&plain, sv_buf_slice(&telling->secret));
    sv_buf_clear(&teller->scratch);
    sv_redact_text(teller->redactor, &teller->scratch, sv_buf_slice(&plain));
    if (telling->remark != NULL)
        sv_buf_printf(&telling->answer, "%s%s", telling->remark, said.len > 0 ? ": " : "");
    sv_text_safe(&telling->answer, sv_buf_slice(&teller->scratch));
    if (bytes > SV_ANSWER_MAX)
        sv_buf_printf(&telling->answer, " ... (%llu bytes in all)", (unsigned long long)bytes);
    sv_buf_free(&plain);
}

static bool fail(struct sv_teller *teller, struct sv_telling *telling, const struct sv_error *err)
{
    struct sv_buf text = {0};
    telling->fate = SV_FATE_AGAIN;
    if (err->file[0] != '\0')
        sv_buf_printf(&text, "%s: ", err->file);
    sv_buf_str(&text, err->text);
    take_answer(teller, telling, sv_buf_slice(&text), 0);
    sv_buf_free(&text);
    return false;
}

/* --- programs --- */

/* NAME=value, of characters that no shell minds. */
static const char *variable(struct sv_arena *arena, const char *name, struct sv_slice value)
{
    struct sv_slice text = sv_arena_printf(arena, "%s=%.*s", name, SV_ARG(value));
    for (char *c = (char *)(uintptr_t)text.data + strlen(name) + 1; *c != '\0'; c++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-", *c) == NULL)
            *c = '_';
    return text.data;
}

static const char *variable_number(struct sv_arena *arena, const char *name, uint64_t value)
{
    return sv_arena_printf(arena, "%s=%llu", name, (unsigned long long)value).data;
}

static const char *path_variable(struct sv_arena *arena, const char *name, struct sv_slice path)
{
    return sv_arena_printf(arena, "%s=%.*s", name, SV_ARG(path)).data;
}

static struct sv_slice member(struct sv_value notice, const char *key, struct sv_arena *arena)
{
    struct sv_value value = sv_json_get(notice, sv_slice_str(key));
    if (value.type == SV_STRING)
        return sv_value_string(&value, arena);
    return value.type == SV_INT ? sv_arena_printf(arena, "%lld", (long long)value.i) : SV_SLICE("");
}

static const char *const *environment(struct sv_telling *telling, struct sv_value notice, struct sv_slice key, uint64_t attempt)
{
    enum { MOST = 20 };
    static const char *const members[][2] = {{"SV_GROUP", "group"},   {"SV_RECEIVER", "receiver"}, {"SV_STATUS", "status"},
                                             {"SV_REASON", "reason"}, {"SV_SEVERITY", "severity"}, {"SV_LEVEL", "level"}};
    struct sv_arena *arena = &telling->arena;
    const char **env = sv_arena_calloc(arena, MOST, sizeof *env), *home = getenv("HOME");
    size_t n = 0;
    struct sv_value test = sv_json_get(notice, SV_SLICE("test"));
    env[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    env[n++] = "LC_ALL=C.UTF-8";
    if (home != NULL)
        env[n++] = path_variable(arena, "HOME", sv_slice_str(home));
    env[n++] = variable(arena, "SV_KEY", key);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        env[n++] = variable(arena, members[i][0], member(notice, members[i][1], arena));
    env[n++] = variable_number(arena, "SV_ATTEMPT", attempt);
    env[n++] = variable_number(arena, "SV_TEST", test.type == SV_BOOL && test.b);
    env[n++] = variable_number(arena, "SV_TIMEOUT", (uint64_t)((telling->receiver->timeout_ns + SV_SECOND_NS - 1) / SV_SECOND_NS));
    if (telling->receiver->secret_file.len > 0)
        env[n++] = path_variable(arena, "SV_SECRET_FILE", telling->receiver->secret_file);
    return env;
}

/* Its path: one that is shipped is found where the others are. */
static struct sv_slice program_path(struct sv_slice program, struct sv_arena *arena)
{
    struct sv_buf name = {0}, path = {0};
    if (!sv_receiver_is_shipped(program))
        return sv_arena_dup(arena, program);
    sv_buf_printf(&name, "receivers/%.*s", SV_ARG(program));
    bool found = sv_run_share(&path, sv_buf_cstr(&name));
    struct sv_slice out = sv_arena_dup(arena, found ? sv_buf_slice(&path) : program);
    sv_buf_free(&name);
    sv_buf_free(&path);
    return out;
}

static bool start_program(struct sv_teller *teller, struct sv_telling *telling, struct sv_value notice, struct sv_slice key, uint64_t attempt)
{
    const struct sv_receiver *receiver = telling->receiver;
    const char **argv = sv_arena_calloc(&telling->arena, receiver->argument_count + 1, sizeof *argv);
    struct sv_error err = {0};
    for (size_t i = 0; i < receiver->argument_count; i++)
        argv[i] = i == 0 ? program_path(receiver->arguments[0], &telling->arena).data : sv_arena_dup(&telling->arena, receiver->arguments[i]).data;
    struct sv_child_spec spec = {.argv = argv,
                                 .env = environment(telling, notice, key, attempt),
                                 .input = sv_buf_slice(&telling->payload),
                                 .limit_ns = receiver->timeout_ns,
                                 .output_max = SV_ANSWER_MAX,
                                 .owner = telling};
    return sv_children_start(teller->children, &spec, &err) || fail(teller, telling, &err);
}

void sv_tell_end(struct sv_teller *teller, struct sv_telling *telling, const struct sv_child_end *end)
{
    struct sv_buf remark = {0};
    telling->status = end->status;
    telling->fate = !end->in_time ? SV_FATE_AGAIN : end->status == 0 ? SV_FATE_TOLD : end->status == EX_REFUSED ? SV_FATE_REFUSED : SV_FATE_AGAIN;
    if (!end->in_time)
        sv_buf_printf(&remark, "killed after %lld ms", (long long)(end->took_ns / 1000000));
    else if (end->status > 128)
        sv_buf_printf(&remark, "killed by signal %d", end->status - 128);
    else if (end->status != 0)
        sv_buf_printf(&remark, "exit status %d", end->status);
    telling->remark = remark.len > 0 ? sv_buf_cstr(&remark) : NULL;
    take_answer(teller, telling, end->output, end->output_bytes);
    telling->remark = NULL;
    sv_buf_free(&remark);
}

/* --- files and mailboxes --- */

static bool append(struct sv_teller *teller, struct sv_telling *telling)
{
    struct sv_error err = {0};
    struct sv_slice path = sv_arena_dup(&telling->arena, telling->receiver->to);
    if (telling->payload.len == 0 || telling->payload.data[telling->payload.len - 1] != '\n')
        sv_buf_char(&telling->payload, '\n');
    telling->fate = SV_FATE_TOLD;
    return sv_os_append(path.data, sv_buf_slice(&telling->payload), &err) || fail(teller, telling, &err);
}

/* As far as a message may be long, between characters. */
static struct sv_slice cut(struct sv_slice text, size_t most)
{
    size_t n = text.len < most ? text.len : most;
    while (n < text.len && n > 0 && ((unsigned char)text.data[n] & 0xc0) == 0x80)
        n--;
    return sv_slice(text.data, n);
}

static bool post(struct sv_teller *teller, struct sv_telling *telling, struct sv_value notice, struct sv_slice key)
{
    struct sv_error err = {0};
    struct sv_findings findings = {0};
    enum sv_severity severity = SV_INFO;
    sv_severity_find(member(notice, "severity", &telling->arena), &severity);
    struct sv_slice text = telling->receiver->payload != NULL ? sv_buf_slice(&telling->payload) : member(notice, "text", &telling->arena);
    struct sv_mail_letter letter = {.from = SV_SLICE("sv-alert"),
                                    .to = telling->receiver->to,
                                    .subject = cut(member(notice, "title", &telling->arena), SV_MESSAGE_SUBJECT_MAX),
                                    .text = cut(text, SV_MESSAGE_BODY_MAX),
                                    .own = key,
                                    .correlation = member(notice, "group", &telling->arena),
                                    .priority = SV_CRITICAL - (int)severity};
    if (teller->store == NULL)
        sv_error_set(&err, SV_INPUT, "there is no store to send messages in");
    else if (teller->mail == NULL)
        teller->mail = sv_mail_over(teller->store);
    telling->fate = SV_FATE_TOLD;
    bool fine = teller->mail != NULL && sv_mail_post(teller->mail, &letter, &err) && sv_mail_send(teller->mail, true, &findings, &err);
    if (!fine && teller->mail != NULL) { /* what was posted is not to be sent with the next */
        sv_mail_close(teller->mail);
        teller->mail = NULL;
    }
    if (!fine && findings.count > 0)
        err = findings.items[0];
    sv_findings_free(&findings);
    return fine || fail(teller, telling, &err);
}

/* --- --- */

/* A payload that fails is no reason to say nothing: then the notice goes as it is, and the answer says so. */
static void make_payload(struct sv_teller *teller, struct sv_telling *telling, struct sv_slice notice)
{
    struct sv_error err = {0};
    sv_buf_clear(&telling->payload);
    if (sv_payload_make(teller->payload, telling->receiver->payload, notice, sv_buf_slice(&telling->secret), &telling->payload, &err))
        return;
    sv_payload_make(teller->payload, NULL, notice, SV_SLICE(""), &telling->payload, &err);
    sv_text_safe(&telling->answer, sv_slice_str(err.text));
    sv_buf_str(&telling->answer, ", so the notice was sent as it is; ");
}

bool sv_tell_begin(struct sv_teller *teller, struct sv_telling *telling, const struct sv_receiver *receiver, struct sv_slice notice,
                   struct sv_slice key, uint64_t attempt)
{
    struct sv_error err = {0};
    struct sv_value value;
    sv_arena_reset(&telling->arena);
    sv_buf_clear(&telling->answer);
    telling->receiver = receiver;
    telling->status = -1;
    telling->remark = NULL;
    telling->fate = SV_FATE_TOLD;
    if (!read_secret(receiver, &telling->secret, &err))
        return fail(teller, telling, &err);
    if (!sv_json_read(notice, &value, &err) || !sv_value_is_object(value))
        value = sv_value_of(SV_ABSENT);
    make_payload(teller, telling, notice);
    switch (receiver->kind) {
    case SV_RECEIVER_EXEC:
        return start_program(teller, telling, value, key, attempt);
    case SV_RECEIVER_FILE:
        append(teller, telling);
        return false;
    case SV_RECEIVER_MAILBOX:
        post(teller, telling, value, key);
        return false;
    case SV_RECEIVER_NONE:
        break;
    }
    return false;
}

bool sv_tell_check(const struct sv_receiver *receiver, struct sv_error *err)
{
    struct sv_buf secret = {0};
    struct sv_arena arena = {0};
    bool fine = read_secret(receiver, &secret, err);
    if (fine && receiver->kind == SV_RECEIVER_EXEC) {
        const char *path = program_path(receiver->arguments[0], &arena).data;
        sv_error_at(err, path, 0, 0);
        fine = access(path, X_OK) == 0 || sv_error_errno(err, "this program cannot be run");
    } else if (fine && receiver->kind == SV_RECEIVER_FILE) {
        const char *path = sv_arena_dup(&arena, receiver->to).data, *slash = strrchr(path, '/');
        const char *folder = sv_arena_dup(&arena, sv_slice(path, (size_t)(slash - path) + (slash == path))).data;
        sv_error_at(err, path, 0, 0);
        fine = (access(path, F_OK) == 0 ? access(path, W_OK) : access(folder, W_OK)) == 0 || sv_error_errno(err, "this file cannot be written");
    }
    sv_buf_free(&secret);
    sv_arena_free(&arena);
    return fine;
}
