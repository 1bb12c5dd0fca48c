/* SPDX-License-Identifier: ISC */
#include "cel/memo.h"

#include "cel/val.h"

struct sv_cel_memo *sv_memo_of(struct sv_cel_run *run)
{
    if (run->memo == NULL)
        run->memo = sv_calloc(1, sizeof *run->memo);
    return run->memo;
}

void sv_memo_ready(struct sv_cel_run *run, uint32_t lets, uint32_t locals)
{
    struct sv_cel_memo *memo = sv_memo_of(run);
    if (memo->let_room < lets) {
        memo->lets = sv_realloc(memo->lets, lets * sizeof *memo->lets);
        memset(memo->lets + memo->let_room, 0, (lets - memo->let_room) * sizeof *memo->lets);
        memo->let_room = lets;
        run->memo_count = lets;
    }
    if (memo->local_room < locals) {
        memo->all_locals = sv_realloc(memo->all_locals, locals * sizeof *memo->all_locals);
        memo->local_room = locals;
    }
    memo->locals = memo->all_locals;
}

void sv_cel_run_free(struct sv_cel_run *run)
{
    struct sv_cel_memo *memo = run->memo;
    if (memo == NULL)
        return;
    for (size_t i = 0; i < SV_MEMO_CACHE; i++) {
        sv_free((char *)(uintptr_t)memo->patterns[i].text.data);
        sv_regex_free(memo->patterns[i].regex);
        sv_free((char *)(uintptr_t)memo->zones[i].name.data);
        sv_zone_free(memo->zones[i].zone);
    }
    sv_free(memo->lets);
    sv_free(memo->all_locals);
    sv_free(memo);
    run->memo = NULL;
    run->memo_count = 0;
}

const struct sv_regex *sv_memo_regex(struct sv_cel_run *run, struct sv_slice pattern)
{
    struct sv_cel_memo *memo = sv_memo_of(run);
    for (size_t i = 0; i < SV_MEMO_CACHE; i++)
        if (memo->patterns[i].regex != NULL && sv_slice_equal(memo->patterns[i].text, pattern))
            return memo->patterns[i].regex;
    run->steps += SV_VAL_REGEX_NEW_STEPS(pattern.len);
    struct sv_regex *regex = sv_regex_new(pattern, NULL);
    if (regex == NULL)
        return NULL;
    struct sv_memo_pattern *p = &memo->patterns[memo->next_pattern++ % SV_MEMO_CACHE];
    sv_free((char *)(uintptr_t)p->text.data);
    sv_regex_free(p->regex);
    *p = (struct sv_memo_pattern){.text = sv_slice(sv_str_dup(pattern), pattern.len), .regex = regex};
    return regex;
}

const struct sv_zone *sv_memo_zone(struct sv_cel_run *run, struct sv_slice name)
{
    struct sv_cel_memo *memo = sv_memo_of(run);
    if (name.len > 64)
        return NULL;
    for (size_t i = 0; i < SV_MEMO_CACHE; i++)
        if (memo->zones[i].name.data != NULL && sv_slice_equal(memo->zones[i].name, name))
            return memo->zones[i].zone;
    struct sv_memo_zone *z = &memo->zones[memo->next_zone++ % SV_MEMO_CACHE];
    sv_free((char *)(uintptr_t)z->name.data);
    sv_zone_free(z->zone);
    *z = (struct sv_memo_zone){.name = sv_slice(sv_str_dup(name), name.len), .zone = sv_zone_new(name)};
    return z->zone;
}
