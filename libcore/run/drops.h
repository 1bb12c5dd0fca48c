/* SPDX-License-Identifier: ISC */
/* drops.h - what a store knows of policies' keys, and would not be found any more with the policies as they are now.
 *
 * A state belongs to its policy's signature (policy.h). A policy that the store knows under other signatures, and not yet under the
 * one that it has now, was edited in a way that makes it begin anew: each such policy is told, as a warning, with the number of keys
 * that are not over by the store's run clock. Once it has run as it is now there is nothing to tell.
 *
 *     sv_run_warn_drops(set, &store, &findings, &err)
 *
 * Floor: run. */
#ifndef SV_DROPS_H
#define SV_DROPS_H

#include "policy/policy.h"
#include "store/store.h"

/* store: opened for reading, nothing is made or changed; where there is none, nothing is told. False with err: it could not be read. */
bool sv_run_warn_drops(struct sv_policies *set, const struct sv_store_spec *store, struct sv_findings *findings, struct sv_error *err);

#endif
