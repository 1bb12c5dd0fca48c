/* SPDX-License-Identifier: ISC */
/* ask.h - what is asked of a store: where it lies, what of it, how much, in which form. The same for every list and query.
 *
 * A word of `which` is a glob over the whole name; several are alternatives, and a kind without one lets all through.
 *
 *     struct sv_ask ask = {.number = 50, .store = {...}, .list = {...}};
 *     sv_ask_add(&ask, SV_ASK_AGENT, "claude:*");
 *     if (sv_ask_check(&ask, &err)) ...
 *     sv_ask_free(&ask);
 *
 * Floor: run. */
#ifndef SV_RUN_ASK_H
#define SV_RUN_ASK_H

#include "policy/evaluation.h"
#include "report/list.h"
#include "store/store.h"

enum sv_ask_kind {
    SV_ASK_AGENT,
    SV_ASK_TEAM,
    SV_ASK_SESSION,
    SV_ASK_HOST,
    SV_ASK_POLICY,
    SV_ASK_TYPE,
    SV_ASK_TOOL,
    SV_ASK_SUPERVISOR,
    SV_ASK_KINDS
};

enum { SV_ASK_ROWS = 50 }; /* of a list, if nothing is said */

struct sv_ask_words {
    const char **items; /* borrowed texts */
    size_t count;
};

struct sv_ask {
    struct sv_store_spec store;
    struct sv_list list;
    const char *const *operands;
    size_t operand_count;
    bool has_since, has_until;  /* from since_ns on, before until_ns */
    int64_t since_ns, until_ns;
    size_t number;              /* so many rows at most */
    bool archived;              /* archived months, too */
    const char *before;         /* a cursor of sv_answer_more; NULL: from the newest on */
    struct sv_ask_words which[SV_ASK_KINDS];
    enum sv_severity severity;  /* at least */
    const char *where;          /* a condition in CEL; NULL: none */
    struct sv_slice format;     /* a log format; empty: any */
    void (*notice)(void *context, const struct sv_error *err); /* a line to warn with; may be NULL */
    void *notice_context;
};

/* Appends a word; the same to those of a kind. */
void sv_ask_words_add(struct sv_ask_words *words, const char *word);
void sv_ask_add(struct sv_ask *ask, enum sv_ask_kind kind, const char *glob);

/* Is this name among the words of its kind? */
bool sv_ask_wants(const struct sv_ask *ask, enum sv_ask_kind kind, struct sv_slice name);

/* Does it fit together? False with err (SV_USAGE): a time range that ends before it begins. */
bool sv_ask_check(const struct sv_ask *ask, struct sv_error *err);

/* What a cursor says: TIME/ID, the time as it is printed, to the nanosecond. Appends one; reads one back, false with err. */
void sv_ask_put_cursor(struct sv_buf *out, int64_t time_ns, int64_t id);
bool sv_ask_take_cursor(const char *text, int64_t *time_ns, int64_t *id, struct sv_error *err);

/* The two parts of TYPE:ID, borrowed; an id may have colons itself. False where one of them is missing. */
bool sv_ask_entity(struct sv_slice text, struct sv_slice *type, struct sv_slice *id);

/* What a priority of 0 to 3 is called: P0; empty for any other number. */
struct sv_slice sv_ask_priority(int64_t priority);

/* Cells of a list: none where the text is empty, the number not known, the time 0. */
struct sv_list_cell sv_ask_text(struct sv_slice text);
struct sv_list_cell sv_ask_number(bool known, int64_t number);
struct sv_list_cell sv_ask_real(bool known, double real);
struct sv_list_cell sv_ask_time(int64_t ns);

void sv_ask_free(struct sv_ask *ask);

#endif
