/* SPDX-License-Identifier: ISC */
/* Budgets over trees of agents, in virtual time: a child's spending is every ancestor's. */
#include "policy/tree.h"
#include "story.h"

static void test_budget(void)
{
    static const struct row rows[] = {
        {"0", "agent=root cost_usd=4", ""},
        {"1", "agent=root/a cost_usd=4", ""},                  /* a child by its name: root has 8 */
        {"2", "agent=root/a/b cost_usd=3", "violation root @2 count:3,sum(cost_usd):11.0,chain:[root,root/a,root/a/b]"},
        {"3", "agent=helper parent_agent=root/a cost_usd=4", /* a child because it says so; who spent comes first */
         "violation root/a @3 count:3,sum(cost_usd):11.0,chain:[root/a,helper]; "
         "violation root @3 count:4,sum(cost_usd):15.0,chain:[root,root/a,helper]"},
        {"4", "agent=helper cost_usd=1",                       /* it need not say it again */
         "violation root/a @4 count:4,sum(cost_usd):12.0,chain:[root/a,helper]; "
         "violation root @4 count:5,sum(cost_usd):16.0,chain:[root,root/a,helper]"},
        {"5", "agent=helper parent_agent=other cost_usd=6", "violation helper @5 count:3,sum(cost_usd):11.0"}, /* another's from now on */
        {"6", "agent=other cost_usd=5", "violation other @6 count:2,sum(cost_usd):11.0"},
        {"7", "agent=x parent_agent=y cost_usd=6", ""},
        {"8", "agent=y parent_agent=x cost_usd=5", "violation y @8 count:2,sum(cost_usd):11.0; " /* each other's parent: each once */
                                                   "violation x @8 count:2,sum(cost_usd):11.0,chain:[x,y]"},
        {"9", "agent=s parent_agent=s cost_usd=11", "violation s @9 count:1,sum(cost_usd):11.0"},
        {"10", "type=agent.start agent=c1 parent_agent=r1", ""},
        {"11", "agent=c1 cost_usd=11", "violation c1 @11 count:1,sum(cost_usd):11.0; "
                                       "violation r1 @11 count:1,sum(cost_usd):11.0,chain:[r1,c1]"},
        {"12", "agent=root/a/ cost_usd=0", "violation root/a @12 count:5,sum(cost_usd):12.0,chain:[root/a,root/a/]; "
                                           "violation root @12 count:6,sum(cost_usd):16.0,chain:[root,root/a,root/a/]"},
        {"13", "agent=/abs cost_usd=1", ""},
        {"14", "cost_usd=100", "| keyless"},
        {"15", "agent=7 cost_usd=100", "| keyless"},
        {"", "agent=root cost_usd=100", "| no_clock"},
        {"3610", "agent=root/a/b cost_usd=1", ""},             /* an hour later most of it is over: root has 1 and the last 0 */
        {"3604.5", "agent=root cost_usd=9.5", "violation root @3604.5 count:3,sum(cost_usd):10.5"}, /* out of order, in its place */
        {"9", "agent=root cost_usd=100", "| late"},
        {"10", "agent=root/a/b cost_usd=100", "| late*3"},     /* late for each of them */
    };
    STORY("ten dollars an hour", "by: [tree(agent)]", "when: type == \"x\"", "window: 1h", "having: sum(cost_usd) > 10.0", "realert: 0s",
          "resolved: false");
}

static void test_with_others(void)
{
    static const struct row rows[] = {
        {"0", "team=t agent=a", ""},
        {"1", "team=t agent=a/1", "violation t,a @1 count:2,chain:[a,a/1] 'a/1 spends for a'"},
        {"2", "team=u agent=a/1", ""},                         /* a's of another team */
        {"3", "team=u agent=a/1", "violation u,a/1 @3 count:2 'a/1 spends for a'; violation u,a @3 count:2,chain:[a,a/1] 'a/1 spends for a'"},
        {"4", "team=t agent=a/2", "| suppressed"},
        {"5", "agent=a/2", "| keyless"},
        {"6", "team=v agent=a/2 parent_agent=b", ""},
        {"7", "team=v agent=a/2/x", "violation v,a/2 @7 count:2,chain:[a/2,a/2/x] 'a/2/x spends for a'; "
                                    "violation v,b @7 count:2,chain:[b,a/2,a/2/x] 'a/2/x spends for a'"},
    };
    STORY("a key of two", "by: [team, tree(agent)]", "window: 1m", "having: count > 1", "resolved: false",
          "message: 'agent + \" spends for a\"'");
}

static void test_without_window(void)
{
    static const struct row rows[] = {
        {"0", "agent=a/1 status=denied", "violation a/1 @0; violation a @0 chain:[a,a/1]"},
        {"1", "agent=a/2 status=denied", "violation a/2 @1 | suppressed"},
        {"2", "agent=a status=denied", "| suppressed"},
        {"70", "agent=a/2 status=denied", "violation a/2 @70; violation a @70 chain:[a,a/2],suppressed:2"},
    };
    STORY("each", "by: [tree(agent)]", "when: status == \"denied\"", "realert: 1m");
}

/* Longer chains than 64 are cut: who is 64 above the spender is not charged. */
static void test_depth(void)
{
    static char agent[2 * 80], words[200];
    struct story story;
    struct sv_buf out = {0};
    for (size_t i = 0; i < 70; i++)
        memcpy(agent + 2 * i, "a/", 2);
    agent[2 * 70 - 1] = '\0';
    snprintf(words, sizeof words, "agent=%s", agent);
    story_open(&story, POLICY_OF("by: [tree(agent)]", "when: type == \"x\""), NULL);
    story_row(&story, &(struct row){"0", words, ""}, &out);
    is_int(story.feed.hits.count, SV_TREE_DEPTH_MAX, "a chain of 70 charges the %d nearest", SV_TREE_DEPTH_MAX);
    story_close(&story);
    sv_buf_free(&out);
}

/* Who is whose parent outlives the run, and so does what it was charged with. */
static void test_kept(void)
{
    struct memory_store *kept = memory_new();
    const char *text = POLICY_OF("by: [tree(agent)]", "window: 1h", "having: count > 1", "resolved: false");
    static const struct row rows[] = {{"0", "agent=kid parent_agent=mum", ""},
                                      {"1", "agent=kid", "violation kid @1 count:2; violation mum @1 count:2,chain:[mum,kid]"}};
    struct sv_buf out = {0};
    for (int i = 0; i < 2; i++) {
        struct story story;
        story_open(&story, text, kept);
        story_row(&story, &rows[i], &out);
        is_str(sv_buf_cstr(&out), rows[i].want, "run %d", i + 1);
        story_save(&story);
        story_close(&story);
    }
    memory_free(kept);
    sv_buf_free(&out);
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_budget();
    test_with_others();
    test_without_window();
    test_depth();
    test_kept();
    remove_folder();
    return done();
}
