#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The Makefile: what installs, where, and that what was built is not built again for nothing.

load ../cli/helper

setup() {
    clean_place
    [ -n "${SV_TEST_BUILT-}" ] || skip "not run by make, which knows how this was built"
}

build() { # make, as it was called
    make -C "$top" --no-print-directory B="$build" CC="$SV_TEST_CC" CFLAGS="$SV_TEST_CFLAGS" CPPFLAGS="$SV_TEST_CPPFLAGS" \
        LDFLAGS="$SV_TEST_LDFLAGS" SAN="$SV_TEST_SAN" PREFIX="$SV_TEST_PREFIX" "$@"
}

@test "what was just built is up to date" {
    run build all
    assert_success
    refute_output --partial " cc "
    refute_output --partial " ld "
}

@test "make install puts programs, manuals, completions and share below DESTDIR PREFIX, with sane modes" {
    umask 077
    run build install DESTDIR="$PWD/root"
    assert_success
    cd "root$SV_TEST_PREFIX" || return 1
    for f in "$build"/bin/sv-*; do assert_equal "$(stat -c %a "bin/${f##*/}")" 755; done
    for f in "$top"/man/*.[1-9]; do
        f=${f##*/}
        assert_equal "$(stat -c %a "share/man/man${f##*.}/$f")" 644
    done
    for f in "$top"/completions/*.bash; do
        f=${f##*/}
        assert [ -s "share/bash-completion/completions/${f%.bash}" ]
    done
    for f in "$top"/completions/_*; do assert [ -s "share/zsh/site-functions/${f##*/}" ]; done
    for f in "$top"/completions/*.fish; do assert [ -s "share/fish/vendor_completions.d/${f##*/}" ]; done
    assert [ -s share/sv-tools/prices.csv ]
    assert [ -d share/sv-tools/policies ]
    run find . -type d ! -perm 755
    assert_output ""
    run find . -type f ! -perm 644 ! -perm 755
    assert_output ""
}

@test "an installed program finds what was installed with it, wherever that is" {
    build install DESTDIR="$PWD/root" >/dev/null
    run "root$SV_TEST_PREFIX/bin/sv-eval" -V -v
    assert_success
    assert_output --regexp "root$SV_TEST_PREFIX/(bin/\.\./)?share/sv-tools/prices.csv"
}

@test "make help names every target that people call" {
    run build help
    assert_success
    for target in all deps demo test check coverage conformance bench fuzz install dist deb clean lint; do
        assert_line --regexp "^$target +[a-z]"
    done
}
