#!/usr/bin/env bash
# Makes this clone ready for cargo: finds or installs what building the solver needs, builds HiGHS once
# as a static library in the user's cache, and points cargo at it. Safe to run again (then: a second).
#
#   ./bootstrap.sh && cargo build --release
#
# Needs: Rust, and either root (or password-less sudo) with apt-get, or python3 with pip, or the tools
# themselves: a C++ compiler, cmake, pkg-config and libclang.
set -euo pipefail
cd "$(dirname "$0")"

recipe=1 # raise it when the way HiGHS is built changes: caches of the old way are then left aside
say() { echo "bootstrap: $*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
libclang_dir() { # the folder of a libclang that bindgen can load (libclang-cpp is another library), or nothing
  local f
  for f in /usr/lib/llvm-*/lib/libclang.so* /usr/lib/*/libclang.so* /usr/lib/*/libclang-[0-9]*.so* \
    /usr/lib64/libclang.so* /opt/homebrew/opt/llvm/lib/libclang.dylib; do
    [ -e "$f" ] && { dirname "$f"; return; }
  done
}

has cargo || die "no cargo here: install Rust first (https://rustup.rs)"

# 1. The tools: apt where we may, wheels where we may not.
missing=()
has c++ || has g++ || missing+=(g++)
has cmake || missing+=(cmake)
has pkg-config || missing+=(pkg-config)
[ -n "$(libclang_dir)" ] || missing+=(libclang-dev)
if [ ${#missing[@]} -gt 0 ] && has apt-get; then
  as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
  if [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }; then
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q >/dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends "${missing[@]}" make >/dev/null
    missing=()
  fi
fi

cache=${PLANNER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/planner}
mkdir -p "$cache"
wheels=$cache/wheels
if [ ${#missing[@]} -gt 0 ]; then
  [[ " ${missing[*]} " != *" g++ "* ]] || die "no C++ compiler: install g++ (Debian: apt-get install g++)"
  has python3 && python3 -m pip --version >/dev/null 2>&1 ||
    die "missing: ${missing[*]}. Install them (Debian: apt-get install ${missing[*]}), or python3 with pip for wheels of them"
  if [ ! -e "$wheels/complete" ]; then
    say "fetching cmake, libclang and pkgconf as Python wheels (no root here)"
    rm -rf "$wheels"
    python3 -m pip install -q --target "$wheels" cmake libclang pkgconf
    printf '#!/bin/sh\nPYTHONPATH="%s" exec python3 -m pkgconf "$@"\n' "$wheels" >"$wheels/bin/pkg-config"
    chmod +x "$wheels/bin/pkg-config"
    touch "$wheels/complete"
  fi
  export PATH="$PATH:$wheels/bin" PYTHONPATH="$wheels"
fi

# 2. HiGHS, from the sources that the crate highs-sys carries.
cargo fetch --locked -q
manifest=$(cargo metadata --format-version 1 --locked --offline |
  grep -o '"manifest_path":"[^"]*/highs-sys-[^"]*"' | head -n 1 | cut -d'"' -f4)
src=$(dirname "$manifest")/HiGHS
[ -f "$src/Version.txt" ] || die "cannot find HiGHS's sources in the crate highs-sys ($src)"
version=$(sed -n 's/^HIGHS_\(MAJOR\|MINOR\|PATCH\)=//p' "$src/Version.txt" | paste -sd.)
dep=$cache/highs-$version-$(uname -m)-r$recipe
if [ ! -e "$dep/complete" ]; then
  say "building HiGHS $version once, into $dep (2 to 5 minutes)"
  rm -rf "$dep"
  mkdir -p "$dep"
  cmake -S "$src" -B "$dep/build" -DCMAKE_INSTALL_PREFIX="$dep" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_BUILD_TYPE=Release -DFAST_BUILD=ON -DBUILD_SHARED_LIBS=OFF -DBUILD_CXX_EXE=OFF \
    -DBUILD_EXAMPLES=OFF -DBUILD_TESTING=OFF -DZLIB=OFF -DCMAKE_UNITY_BUILD=ON \
    -DCMAKE_UNITY_BUILD_BATCH_SIZE=16 -DCMAKE_CXX_FLAGS="-w -fPIC" >"$dep/build.log" 2>&1 ||
    die "cmake failed: see $dep/build.log"
  cmake --build "$dep/build" --parallel "$(nproc 2>/dev/null || echo 2)" >>"$dep/build.log" 2>&1 ||
    die "building HiGHS failed: see $dep/build.log"
  cmake --install "$dep/build" >>"$dep/build.log" 2>&1
  rm -rf "$dep/build"
  # A static library does not say which C++ runtime it needs; upstream's file leaves it out.
  sed -i.orig 's/-lhighs/-lhighs -lstdc++/' "$dep/lib/pkgconfig/highs.pc"
  touch "$dep/complete"
fi

# Where the C++ runtime is there as a static library, it is linked into the program, which then needs none to run: the
# linker takes what lies beside the solver first.
runtime=$(c++ -print-file-name=libstdc++.a 2>/dev/null || g++ -print-file-name=libstdc++.a)
[ ! -e "$runtime" ] || ln -sf "$(realpath "$runtime")" "$dep/lib/libstdc++.a"

# 3. Point cargo at them. The file is this clone's own and is not under version control.
clang=$(libclang_dir)
[ -n "$clang" ] || clang=$wheels/clang/native
mkdir -p .cargo
settings="# Written by bootstrap.sh: where the solver and libclang are.
[env]
PKG_CONFIG_PATH = { value = \"$dep/lib/pkgconfig\", force = false }
LIBCLANG_PATH = { value = \"$clang\", force = false }"
has pkg-config && [ "$(command -v pkg-config)" != "$wheels/bin/pkg-config" ] ||
  settings+="
PKG_CONFIG = \"$wheels/bin/pkg-config\""
[ "$(cat .cargo/config.toml 2>/dev/null)" = "$settings" ] || echo "$settings" >.cargo/config.toml
say "ready: HiGHS $version"
