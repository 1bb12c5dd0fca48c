/* SPDX-License-Identifier: ISC */
/* Any bytes as YAML: what the plain reader takes the library takes as well, without a finding, and both make the same tree. */
#include <stdio.h>
#include <stdlib.h>

#include "policy/yaml_build.h"
#include "yaml_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_arena arena = {0};
    struct sv_findings findings = {0};
    struct sv_yaml yaml;
    struct sv_slice text = sv_slice((const char *)data, size);
    if (sv_yaml_begin(&yaml, &arena, SV_SLICE("fuzz.yaml"), text, &findings) && size > 0 && sv_yaml_read_plain(&yaml)) {
        const struct sv_yaml_node *plain = yaml.root;
        uint32_t at = 0;
        const char *what = "the library refuses it";
        yaml.root = NULL;
        if (!sv_yaml_read_library(&yaml, &findings) || findings.count > 0 || (what = yaml_difference(plain, yaml.root, &at)) != NULL) {
            fprintf(stderr, "fuzz_yaml: at byte %u: %s\n", (unsigned)at, what);
            abort();
        }
    }
    sv_findings_free(&findings);
    sv_arena_free(&arena);
    return 0;
}
