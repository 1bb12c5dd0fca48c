/* SPDX-License-Identifier: ISC */
/* supervisor_policies: every version of a policy that ever evaluated. */
#include "base/os.h"
#include "store/private.h"

static bool insert(struct sv_store *store, const struct sv_policy *policy, int64_t *id, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_POLICY_ADD, err);
    if (add == NULL)
        return false;
    sv_store_bind(add, 1, policy->id);
    sqlite3_bind_int64(add, 2, (int64_t)policy->version);
    sv_store_bind(add, 3, policy->title);
    sqlite3_bind_text64(add, 4, policy->text.len > 0 ? policy->text.data : "", policy->text.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(add, 5, sv_os_now_ns());
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

/* One byte a version, by its integer: what rows of it are stored with. */
enum { KNOWN = 0x80 };

static void remember(struct sv_store *store, const struct sv_policy *policy, int64_t id)
{
    struct sv_buf *verdicts = &store->verdicts;
    if (verdicts->len <= (size_t)id) {
        size_t more = (size_t)id + 1 - verdicts->len;
        memset(sv_buf_room(verdicts, more), 0, more);
        verdicts->len += more;
    }
    verdicts->data[id] = (char)(KNOWN | (int)policy->severity << 2 | (int)policy->action);
}

bool sv_store_policy_verdict(struct sv_store *store, int64_t id, enum sv_severity *severity, enum sv_action *action,
                             struct sv_error *err)
{
    if (id <= 0 || (uint64_t)id >= store->verdicts.len || (store->verdicts.data[id] & KNOWN) == 0)
        return sv_store_refuse(store, err, "evaluation of a policy that was not asked for");
    *severity = (enum sv_severity)(store->verdicts.data[id] >> 2 & 3);
    *action = (enum sv_action)(store->verdicts.data[id] & 3);
    return true;
}

bool sv_store_policy(struct sv_store *store, const struct sv_policy *policy, int64_t *id, struct sv_error *err)
{
    sv_buf_clear(&store->scratch);
    sv_buf_add(&store->scratch, sv_slice((const char *)&policy->version, sizeof policy->version));
    sv_buf_add(&store->scratch, policy->id);
    const struct sv_map_item *known = sv_map_find(&store->policies, sv_buf_slice(&store->scratch));
    store->caches.policy_hits += known != NULL;
    store->caches.policy_misses += known == NULL;
    if (known != NULL) {
        *id = (int64_t)known->number;
        remember(store, policy, *id); /* loaded again, it may be as it was but for its severity */
        return true;
    }
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_POLICY_FIND, err);
    if (find == NULL)
        return false;
    bool found;
    sv_store_bind(find, 1, policy->id);
    sqlite3_bind_int64(find, 2, (int64_t)policy->version);
    if (!sv_store_step(store, find, &found, id, err) || (!found && !insert(store, policy, id, err)))
        return false;
    remember(store, policy, *id);
    sv_map_at(&store->policies, sv_buf_slice(&store->scratch))->number = (uint64_t)*id;
    return true;
}
