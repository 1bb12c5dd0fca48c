#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What others build from: the tarball, and how what was built is hardened.

load ../cli/helper

setup() {
    clean_place
    unset MAKEFLAGS MFLAGS MAKELEVEL B SAN CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR
    export GIT_CONFIG_GLOBAL=$PWD/gitconfig
    git config --global safe.directory '*' 2>/dev/null || true
}

need_checkout() {
    need git
    git -C "$top" rev-parse --verify -q HEAD >/dev/null || skip "no git checkout"
}

# A network, and what installs things, that fail and leave a trace.
no_network() {
    mkdir bin
    for name in apt apt-get dpkg curl wget git npm node pip ssh sudo; do
        printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexit 97\n' "$name" "$PWD" >"bin/$name"
        chmod +x "bin/$name"
    done
    export PATH=$PWD/bin:$PATH
}

@test "make dist gives the same bytes from two clones, at two times, whatever umask, language and settings" {
    need_checkout
    git clone -q "$top" one
    (umask 077 && git clone -q "$top" "two and more")
    find "two and more" -name '*.c' -exec touch -d 2001-02-03 {} +
    make -C one --no-print-directory dist
    git config --global tar.umask 0077
    git config --global core.autocrlf true
    (umask 077 && LC_ALL=C.UTF-8 TZ=Asia/Tokyo GZIP=-1 make -C "two and more" --no-print-directory dist)
    run cmp one/build/sv-tools-*.tar.gz "two and more"/build/sv-tools-*.tar.gz
    assert_success
    run tar -tvzf one/build/sv-tools-*.tar.gz
    assert_output --regexp 'root/root +[0-9]+ .* sv-tools-[0-9.]+/NEWS'
    refute_output --regexp '/(build|\.git)/'
}

@test "the tarball builds and installs without git, apt or a network" {
    need_checkout
    git clone -q "$top" clone
    make -C clone --no-print-directory dist >/dev/null
    mkdir from
    tar -xzf clone/build/*.tar.gz -C from --strip-components=1
    no_network
    run make -C from --no-print-directory -j2 CFLAGS=-O0 PREFIX=/usr all
    assert_success
    run make -C from --no-print-directory CFLAGS=-O0 PREFIX=/usr DESTDIR="$PWD/root" install
    assert_success
    assert [ ! -e called ]
    run root/usr/bin/sv-eval -V
    assert_success
    assert_output --partial "$(sed -n 's/^VERSION = //p' "$top/Makefile")"
    [ -s root/usr/share/man/man1/sv-eval.1 ]
    run make -C from --no-print-directory dist
    assert_failure
    assert_output --partial "a git checkout is needed"
}

@test "programs are hardened: addresses, tables, stack, fortified calls" {
    need readelf
    case $build in *address* | *undefined*) export NO_FORTIFY=yes ;; esac
    [[ "${SV_TEST_CFLAGS--O2}" == *-O[123sg]* ]] || export NO_FORTIFY=yes
    run "$top/tests/hardening" "$build"/bin/sv-*
    assert_output ""
    assert_success
}

@test "what is not hardened is told" {
    need readelf
    need gcc
    printf 'int main(int argc, char **argv) { (void)argv; return argc; }\n' >soft.c
    gcc -no-pie -fno-stack-protector -Wl,-z,norelro,-z,lazy,-z,execstack -o soft soft.c
    run "$top/tests/hardening" soft
    assert_failure
    for word in -pie 'z relro' 'z now' 'z noexecstack' stack-protector FORTIFY; do assert_output --partial "$word"; done
}

@test "the package is built with what make deps installs" {
    run bash -c "sed -n 's/^BUILD_DEPS = //p' '$top/Makefile' | tr ' ' '\n' | grep -vxE 'gcc|libc6-dev' | sort"
    ours=$output
    run bash -c "sed -n '/^Build-Depends:/,/^[A-Z].*:/p' '$top/debian/control' | grep -oE 'lib[a-z0-9]+-dev' | sort"
    assert_output "$ours"
}

@test "version, NEWS and the package's changelog agree" {
    version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
    run head -n 1 "$top/NEWS"
    assert_output --regexp "^sv-tools ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$"
    run head -n 1 "$top/debian/changelog"
    assert_output --partial "($version)"
}
