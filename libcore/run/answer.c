/* SPDX-License-Identifier: ISC */
#include "run/answer.h"

#include "base/mem.h"

struct ready {
    struct sv_answer answer;
    struct sv_buf bytes;
    bool told;
};

static bool ready_next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct ready *ready = (struct ready *)answer;
    (void)err;
    *out = sv_buf_slice(&ready->bytes);
    bool is_first = !ready->told;
    ready->told = true;
    return is_first;
}

static void ready_close(struct sv_answer *answer)
{
    struct ready *ready = (struct ready *)answer;
    sv_buf_free(&ready->bytes);
    sv_free(ready);
}

struct sv_answer *sv_answer_ready(struct sv_buf *bytes, enum sv_code status)
{
    static const struct sv_answer_kind kind = {ready_next, NULL, ready_close, NULL};
    struct ready *ready = sv_calloc(1, sizeof *ready);
    ready->answer = (struct sv_answer){.kind = &kind, .status = status};
    ready->bytes = *bytes;
    *bytes = (struct sv_buf){0};
    return &ready->answer;
}

bool sv_answer_next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    return answer->kind->next(answer, out, err);
}

uint64_t sv_answer_more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    return answer->kind->more != NULL ? answer->kind->more(answer, cursor) : 0;
}

void sv_answer_remarks(const struct sv_answer *answer, struct sv_buf *lines)
{
    if (answer->kind->remarks != NULL)
        answer->kind->remarks(answer, lines);
}

enum sv_code sv_answer_close(struct sv_answer *answer)
{
    enum sv_code status = answer != NULL ? answer->status : SV_DONE;
    if (answer != NULL)
        answer->kind->close(answer);
    return status;
}
