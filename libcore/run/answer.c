/* SPDX-License-Identifier: ISC */
#include "run/answer.h"

bool sv_answer_next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    return answer->kind->next(answer, out, err);
}

uint64_t sv_answer_more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    return answer->kind->more != NULL ? answer->kind->more(answer, cursor) : 0;
}

enum sv_code sv_answer_close(struct sv_answer *answer)
{
    enum sv_code status = answer != NULL ? answer->status : SV_DONE;
    if (answer != NULL)
        answer->kind->close(answer);
    return status;
}
