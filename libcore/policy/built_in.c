/* SPDX-License-Identifier: ISC */
/* What holds without any file. Files may change it by an override, or have one of the same id in its place. */
#include "policy/rule.h"

const char sv_policy_built_in[] = "version: 1\n"
                                  "policies:\n"
                                  "  - id: stopped-agent\n"
                                  "    title: An agent that was stopped goes on\n"
                                  "    severity: critical\n"
                                  "    action: deny\n"
                                  "    tags: [stop]\n"
                                  "    when: has(event." SV_POLICY_STOPPED ")\n"
                                  "    message: '\"stopped \" + event." SV_POLICY_STOPPED " + \", and goes on\"'\n";
