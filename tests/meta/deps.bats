#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Installing what is missing, with a Debian made of stubs: `here` lists the packages installed, `calls` what apt was asked.

load ../cli/helper

setup() {
    clean_place
    mkdir bin lists
    touch lists/debian_Packages.lz4 here candidates
    stub dpkg-query 'for p; do :; done; grep -qx "$p" here && printf "ii "'
    stub apt-get 'echo "$*" >>calls
        case $* in
        *update*) echo new >>candidates ;;
        *install*) seen=; for p; do [ -n "$seen" ] && { grep -qx new candidates || exit 100; echo "$p" >>here; }; [ "$p" = install ] && seen=1; done ;;
        esac; exit 0'
    stub id 'echo 0'
    stub sudo 'exit 1'
    export PATH=$PWD/bin:$PATH APT_LISTS=$PWD/lists
}

stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
    chmod +x "bin/$1"
}

@test "nothing missing: apt is asked nothing" {
    printf 'gcc\njq\n' >here
    run "$top/.ci/deps" gcc jq
    assert_success
    assert_output ""
    assert [ ! -e calls ]
}

@test "what is missing is installed, and nothing else; lists that are there are used" {
    echo gcc >here
    echo new >candidates
    run "$top/.ci/deps" gcc jq bats
    assert_success
    run cat calls
    assert_line --index 0 --regexp '-y .*--no-install-recommends install jq bats$'
    assert_equal "${#lines[@]}" 1
}

@test "without package lists they are fetched first" {
    rm lists/*
    run "$top/.ci/deps" jq
    assert_success
    run cat calls
    assert_line --index 0 --regexp 'update$'
    assert_line --index 1 --regexp 'install jq$'
}

@test "lists too old to know the package are fetched, and it is tried again" {
    run "$top/.ci/deps" jq
    assert_success
    run cat calls
    assert_line --index 0 --regexp 'install jq$'
    assert_line --index 1 --regexp 'update$'
    assert_line --index 2 --regexp 'install jq$'
}

@test "SV_DEPS=no: names what is missing, installs nothing, status 2" {
    echo gcc >here
    SV_DEPS=no run "$top/.ci/deps" gcc jq bats
    assert_failure 2
    assert_output --partial "missing: jq bats"
    assert [ ! -e calls ]
    SV_DEPS=no run "$top/.ci/deps" gcc
    assert_success
}

@test "neither root nor sudo: names what is missing, status 2" {
    stub id 'echo 1000'
    run "$top/.ci/deps" jq </dev/null
    assert_failure 2
    assert_output --partial "apt-get install --no-install-recommends jq"
    assert [ ! -e calls ]
}

@test "with sudo that asks nothing it is used" {
    stub id 'echo 1000'
    stub sudo '[ "$1" = -n ] || exit 1; shift; exec "$@"'
    echo new >candidates
    run "$top/.ci/deps" jq
    assert_success
    run cat calls
    assert_output --partial "install jq"
}

@test "apt that fails is an error, not a silence" {
    stub apt-get 'echo "E: no network" >&2; exit 100'
    run "$top/.ci/deps" jq
    assert_failure 2
    assert_output --partial "E: no network"
    assert_output --partial "missing: jq"
}
