#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The Debian package, built quickly: without its tests, without optimizing. `make deb` builds the real one, twice.

load ../cli/helper

setup() {
    clean_place
    unset B SAN
}

@test "dpkg-buildpackage makes a package that lintian finds clean" {
    need dpkg-buildpackage
    need dh
    need lintian
    DEB_BUILD_OPTIONS='nocheck noopt' run "$top/tests/package" "$PWD/made" once
    assert_success
    assert_output --partial 'no error, no warning'
    run dpkg-deb -c made/sv-tools_*.deb
    for f in usr/bin/sv-eval usr/share/man/man1/sv-eval.1.gz usr/share/bash-completion/completions/sv-eval usr/share/sv-tools/prices.csv; do
        assert_output --partial "./$f"
    done
}
