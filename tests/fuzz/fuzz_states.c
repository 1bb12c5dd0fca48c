/* SPDX-License-Identifier: ISC */
/* Any bytes as a saved state: it is of no use, or it is gone on with; but nothing crashes, and nothing takes forever.
 *
 * The first byte says of which policy, the second when it is due; then parts, each behind its length in two bytes. They lie in the
 * store as the state of agent a; events of a come, time passes, it is saved and read again, and little is written. */
#include "policy/key.h"
#include "stateful.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PUTS_MAX = 500 }; /* parts that a few events, saved three times, may write, whatever the state says that it has */

static const int64_t base_ns = INT64_C(1774742400000000000);

static void fill(struct memory_store *kept, const struct fuzz_set *set, const uint8_t *data, size_t size, int64_t due_ns)
{
    const struct sv_policy *policy = sv_policies_at(set->policies, 0);
    struct sv_buf bytes = {0};
    struct sv_arena arena = {0};
    unsigned char key[16];
    for (size_t i = 0; i < policy->rule->kind.by_count; i++)
        sv_key_add(&bytes, sv_value_str(policy->rule->kind.by[i].field == SV_F_TOOL ? SV_SLICE("A") : SV_SLICE("a")), &arena);
    sv_key_put(sv_key_of(sv_buf_slice(&bytes)), key);
    for (uint32_t part = 0; size >= 2; part++) {
        size_t len = (size_t)(data[0] | data[1] << 8);
        data += 2, size -= 2;
        len = len < size ? len : size;
        memory_put(kept, policy->signature, key, part, part == 0 ? due_ns : INT64_MIN, 1, sv_slice((const char *)data, len), NULL);
        data += len, size -= len;
    }
    sv_buf_free(&bytes);
    sv_arena_free(&arena);
}

static void go_on(struct fuzz_run *run)
{
    static const char *const rest[] = {
        "\"type\":\"tool.call\",\"agent\":\"a\",\"tool\":\"A\",\"args\":{\"n\":1},\"n\":3,\"d\":1.5,\"status\":\"error\"",
        "\"type\":\"tool.call\",\"agent\":\"a\",\"tool\":\"B\",\"args\":{\"n\":1},\"n\":-3,\"d\":0.5,\"status\":\"ok\"",
        "\"type\":\"tool.result\",\"agent\":\"a\",\"tool\":\"A\",\"result\":\"x\",\"n\":2",
        "\"type\":\"end\",\"agent\":\"a\",\"tool\":\"T\"",
    };
    static const int64_t offsets[] = {0, 1, 2, -5, 4, 4, 20, 15, 21, 200, 90000, 89000};
    struct sv_buf json = {0};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        sv_buf_clear(&json);
        sv_buf_str(&json, "{\"time\":\"");
        sv_time_format(&json, base_ns + offsets[i] * SV_SECOND_NS);
        sv_buf_printf(&json, "\",%s}", rest[i % 4]);
        fuzz_feed(run, sv_buf_slice(&json));
        if (i % 5 == 2)
            fuzz_save(run);
        if (i == 7) {
            sv_engine_free(run->matcher.engine);
            fuzz_open_engine(run);
        }
    }
    fuzz_save(run);
    sv_buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_set sets[FUZZ_POLICIES];
    struct fuzz_run run;
    if (size < 2)
        return 0;
    setenv("SV_NOW", "2030-01-01T00:00:00Z", 1);
    struct fuzz_set *set = &sets[data[0] % FUZZ_POLICIES];
    if (set->policies == NULL)
        *set = fuzz_load(UINT32_C(1) << data[0] % FUZZ_POLICIES);
    struct memory_store *kept = memory_new();
    fill(kept, set, data + 2, size - 2, data[1] == 255 ? INT64_MAX : base_ns + ((int64_t)data[1] - 128) * SV_SECOND_NS);
    uint64_t puts = kept->puts;
    fuzz_open(&run, set, kept);
    go_on(&run);
    fuzz_require(kept->puts - puts <= PUTS_MAX);
    fuzz_close(&run);
    memory_free(kept);
    return 0;
}
