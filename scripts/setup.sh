#!/usr/bin/env bash
# Installs what Mantis needs to build, or with --check tells what is missing.
#
# Usage: scripts/setup.sh [--check]
#
#   MANTIS_CACHE      where downloads live (default: $XDG_CACHE_HOME/mantis or ~/.cache/mantis)
#   LIBTORCH          your own libtorch folder; it is checked and used, nothing is downloaded
#   MANTIS_LIBTORCH   'wheel' (default): cut a CPU-only libtorch out of PyTorch's Python wheel
#                     'download': let the crate `tch` fetch it while building; needs no Python
#   CMAKE             your own CMake
set -euo pipefail

torch_version=2.13.0
cmake_version=3.31.10
cmake_least=3.28

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${MANTIS_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/mantis}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
mode=${MANTIS_LIBTORCH:-wheel}
machine=$(uname -m)
[ "$machine" = arm64 ] && machine=aarch64
system=$(uname -s)
venv=$cache/python
torch_folder=$cache/libtorch-$torch_version
cargo_config=$root/.cargo/config.toml
config_mark='# Written by scripts/setup.sh, which rewrites it as needed.'

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "setup: $*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
# at_least FOUND LEAST: dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | first_line)" = "$2" ]; }
# Read to the end, unlike `head`, so that the writer does not die of a closed pipe.
first_line() { sed -n 1p; }
first_number() { sed -n '1s/[^0-9]*\([0-9][0-9.]*\).*/\1/p'; }

# ---- The needs. Each check sets `found` when it succeeds, and `remedy` when it fails. ----

apt_or() { # apt_or PACKAGE TEXT: the remedy by name where apt exists.
    if has apt-get; then remedy="run scripts/setup.sh, or: apt-get install $1"; else remedy="install $2"; fi
}

check_rust() {
    local least version
    least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    remedy="install Rust $least or newer with your system or from https://rustup.rs"
    has cargo && has rustc || return 1
    version=$(cd "$root" && rustc --version | first_number)
    found=$version
    has rustup && remedy="rustc $version is too old, $least is needed: rustup update stable"
    at_least "$version" "$least"
}

cxx() { echo "${CXX:-$(has c++ && echo c++ || echo g++)}"; }

check_cxx() {
    local compiler
    apt_or g++ "a C++ compiler with OpenMP"
    compiler=$(cxx)
    has "${compiler%% *}" && has cc || return 1
    found=$($compiler --version | first_line)
    # Apple's compiler takes OpenMP another way; LightGBM's own build finds it there.
    [ "$system" = Darwin ] && return 0
    remedy="$compiler cannot compile C++17 with OpenMP: install g++ or the OpenMP library of your compiler"
    printf '#include <omp.h>\n#include <string_view>\nint main() { return omp_get_max_threads() < 1; }\n' |
        $compiler -std=c++17 -fopenmp -x c++ - -o /dev/null 2>/dev/null
}

check_make() {
    apt_or make "make"
    has make && found=$(make --version | first_line)
}

check_pkg_config() {
    apt_or pkg-config "pkg-config"
    has pkg-config && found=$(pkg-config --version)
}

cmake_ok() { # cmake_ok PROGRAM
    local version
    version=$("$1" --version 2>/dev/null | first_number) && [ -n "$version" ] && at_least "$version" "$cmake_least" &&
        found="$version ($1)"
}

check_cmake() {
    if [ -n "${CMAKE:-}" ]; then
        remedy="CMAKE=$CMAKE is not CMake $cmake_least or newer: unset it, or point it at one that is"
        cmake_ok "$CMAKE"
    else
        remedy="run scripts/setup.sh, or install CMake $cmake_least or newer"
        { has cmake && cmake_ok cmake; } || cmake_ok "$venv/bin/cmake"
    fi
}

check_libclang() {
    local folder file
    apt_or libclang-dev "libclang with its headers (clang's development package)"
    for folder in "${LIBCLANG_PATH:-}" "$(llvm-config --libdir 2>/dev/null || true)" /usr/lib/llvm-*/lib /usr/lib64 /usr/lib \
        /usr/lib/*-linux-gnu /usr/local/lib /opt/homebrew/opt/llvm/lib /Library/Developer/CommandLineTools/usr/lib; do
        for file in "$folder"/libclang.so "$folder"/libclang.so.* "$folder"/libclang-*.so "$folder"/libclang-*.so.* \
            "$folder"/libclang.dylib; do
            if [ -z "$folder" ] || [ ! -e "$file" ]; then continue; fi
            # Without clang's own headers it cannot read <stddef.h>.
            if has clang || compgen -G "$folder/clang/*/include/stddef.h" >/dev/null ||
                compgen -G "$folder/llvm-*/lib/clang/*/include/stddef.h" >/dev/null ||
                compgen -G "/usr/lib/llvm-*/lib/clang/*/include/stddef.h" >/dev/null; then
                found=$file
                return 0
            fi
        done
    done
    return 1
}

check_openblas() {
    apt_or libopenblas-dev "the development package of OpenBLAS"
    if has pkg-config && pkg-config --exists openblas; then
        found=$(pkg-config --modversion openblas)
    elif has cc && echo 'int main(void) { return 0; }' | cc -x c - -lopenblas -o /dev/null 2>/dev/null; then
        found="found by the linker"
    else
        return 1
    fi
}

# Python is needed only to fetch what is not there yet.
needs_python() {
    local found remedy
    ! check_cmake && [ -z "${CMAKE:-}" ] && return 0
    [ -z "${LIBTORCH:-}" ] && [ "$mode" = wheel ] && ! check_libtorch
}

python_ok() { python3 -c 'import venv, ensurepip' 2>/dev/null; }

check_python() {
    apt_or python3-venv "Python 3 with venv, or set MANTIS_LIBTORCH=download"
    if needs_python; then
        { "$venv/bin/python" -c 'import pip' 2>/dev/null || python_ok; } || return 1
        found="only to fetch what is missing above or below"
    else
        found="not needed"
    fi
}

torch_library() { # torch_library FOLDER: is there one?
    [ -e "$1/lib/libtorch_cpu.so" ] || [ -e "$1/lib/libtorch_cpu.dylib" ] || [ -e "$1/lib/libtorch_cpu.a" ]
}

check_libtorch() {
    local version
    if [ -n "${LIBTORCH:-}" ]; then
        remedy="LIBTORCH=$LIBTORCH must be a folder with lib/libtorch_cpu and include/torch; unset it to let setup fetch one"
        torch_library "$LIBTORCH" && [ -d "$LIBTORCH/include/torch" ] || return 1
        version=$(sed 's/[+].*//; 1q' "$LIBTORCH/build-version" 2>/dev/null || true)
        remedy="LIBTORCH=$LIBTORCH is ${version:-of unknown version (no file build-version)}, and $torch_version is needed: \
unset it to let setup fetch one"
        [ "$version" = "$torch_version" ] || [ -n "${LIBTORCH_BYPASS_VERSION_CHECK:-}" ] || return 1
        found="${version:-unchecked} (yours, $LIBTORCH)"
        return 0
    fi
    case $mode in
    wheel)
        remedy="run scripts/setup.sh, or set LIBTORCH to a libtorch $torch_version (CPU is enough)"
        torch_library "$torch_folder" && [ "$(cat "$torch_folder/build-version" 2>/dev/null)" = "$torch_version" ] &&
            found="$torch_version ($torch_folder)"
        ;;
    download)
        remedy="nobody offers a download of libtorch for $system on $machine: use MANTIS_LIBTORCH=wheel or set LIBTORCH"
        [ "$system-$machine" != Linux-aarch64 ] && found="downloaded by the build (feature download-libtorch)"
        ;;
    *)
        remedy="MANTIS_LIBTORCH=$mode is unknown: 'wheel' or 'download'"
        return 1
        ;;
    esac
}

# Tells plain `cargo` where the fetched parts are. What the user's environment says stays out of it.
config_lines() {
    local found
    if [ -z "${LIBTORCH:-}" ] && [ "$mode" = wheel ]; then echo "LIBTORCH = \"$torch_folder\""; fi
    if [ -z "${CMAKE:-}" ] && ! { has cmake && cmake_ok cmake; }; then echo "CMAKE = \"$venv/bin/cmake\""; fi
}

config_text() {
    local lines
    lines=$(config_lines)
    [ -z "$lines" ] || printf '%s\n[env]\n%s\n' "$config_mark" "$lines"
}

run_setup="run scripts/setup.sh, which writes .cargo/config.toml"

check_cargo_config() {
    local line
    found=".cargo/config.toml"
    if [ -e "$cargo_config" ] && [ "$(head -n 1 "$cargo_config")" != "$config_mark" ]; then
        while IFS= read -r line; do
            remedy="$cargo_config is yours and stays as it is; add to its [env] section: $line"
            grep -qxF -- "$line" "$cargo_config" || return 1
        done < <(config_lines)
        return 0
    fi
    remedy=$run_setup
    [ "$(config_text)" = "$(cat "$cargo_config" 2>/dev/null)" ]
}

check_all() { # check_all all|missing: one line for each need; fails if any is missing.
    local missing=0 show=$1 name function found remedy
    while read -r function name; do
        found='' remedy=''
        if $function; then
            [ "$show" = missing ] || printf '✓ %-13s %s\n' "$name" "$found"
        else
            printf '✗ %-13s %s\n' "$name" "$remedy"
            missing=$((missing + 1))
        fi
    done <<'NEEDS'
check_rust Rust
check_cxx C++ compiler
check_make make
check_pkg_config pkg-config
check_cmake CMake
check_libclang libclang
check_openblas OpenBLAS
check_libtorch libtorch
check_python Python
check_cargo_config cargo's config
NEEDS
    [ "$missing" = 0 ]
}

# ---- Installing ----

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The distribution's packages for what is missing.
missing_packages() {
    local found remedy
    check_cxx || echo g++
    check_make || echo make
    check_pkg_config || echo pkg-config
    check_libclang || echo libclang-dev
    check_openblas || echo libopenblas-dev
    if needs_python && ! "$venv/bin/python" -c 'import pip' 2>/dev/null && ! python_ok; then echo python3-venv; fi
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    [ "${#packages[@]}" -gt 0 ] || return 0
    has apt-get || fail "cannot install ${packages[*]} here (no apt-get). What is missing:
$(check_all missing)"
    if [ "$(id -u)" != 0 ] && ! has sudo; then
        fail "these packages are missing, and installing them needs root or sudo. As root, run:
    apt-get update && apt-get install ${packages[*]}"
    fi
    say "setup: installing ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y -qq --no-install-recommends \
        "${packages[@]}" >&2 || fail "apt-get could not install ${packages[*]}; the lines above say why"
}

make_venv() {
    "$venv/bin/python" -c 'import pip' 2>/dev/null && return 0
    python_ok || fail "Python 3 with venv is needed to fetch CMake or libtorch. Install it, or do without: \
CMake $cmake_least or newer on the PATH and MANTIS_LIBTORCH=download"
    say "setup: making a Python environment in $venv"
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "could not make $venv"
}

pip_quiet() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet --no-input "$@" >&2; }

install_cmake() {
    local found remedy
    check_cmake && return 0
    [ -z "${CMAKE:-}" ] || fail "$remedy"
    make_venv
    say "setup: installing CMake $cmake_version into $venv"
    pip_quiet install --only-binary=:all: --force-reinstall "cmake==$cmake_version" || fail "pip could not install cmake==$cmake_version"
    cmake_ok "$venv/bin/cmake" || fail "$venv/bin/cmake does not run"
}

# The wheels, by content. Always those for CPython 3.11: their libraries are the same for every Python.
torch_wheels() {
    case $machine in
    x86_64)
        echo "torch==$torch_version --hash=sha256:60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7"
        echo "nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
        echo "nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
        ;;
    aarch64)
        echo "torch==$torch_version --hash=sha256:092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c"
        echo "nvidia-cuda-cupti==13.0.85 --hash=sha256:796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151"
        echo "nvidia-cuda-runtime==13.0.96 --hash=sha256:ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55"
        ;;
    esac
}

work=''
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_libtorch() {
    local found remedy free platforms version
    check_libtorch && return 0
    if [ -n "${LIBTORCH:-}" ] || [ "$mode" != wheel ]; then fail "$remedy"; fi
    if [ "$system" != Linux ] || [ -z "$(torch_wheels)" ]; then
        fail "there is no libtorch to fetch for $system on $machine: set LIBTORCH to one of version $torch_version, \
or try MANTIS_LIBTORCH=download"
    fi
    make_venv
    mkdir -p "$cache"
    free=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt 2000000 ] || fail "fetching libtorch needs 2 GB in $cache for a while (520 MB stay), and $((free / 1024)) MB are free; \
set MANTIS_CACHE to a folder with more"
    work=$(mktemp -d "$cache/.libtorch.XXXXXX")
    mkdir "$work/wheels" "$work/tmp"
    torch_wheels >"$work/requirements.txt"
    platforms=()
    for version in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_17 manylinux2014; do
        platforms+=(--platform "${version}_$machine")
    done
    say "setup: downloading libtorch $torch_version as a Python wheel (about 500 MB)"
    TMPDIR=$work/tmp pip_quiet download --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
        --implementation cp --python-version 3.11 "${platforms[@]}" --dest "$work/wheels" --requirement "$work/requirements.txt" ||
        fail "pip could not download libtorch; the lines above say why. Other ways: set LIBTORCH to a libtorch $torch_version, \
or MANTIS_LIBTORCH=download"
    say "setup: unpacking the CPU part"
    "$venv/bin/python" "$root/scripts/cut_libtorch.py" "$work/wheels" "$work/libtorch" "$torch_version" "$machine" ||
        fail "the downloaded wheels are not as expected"
    rm -rf "$work/wheels"
    if has ldd && ldd "$work/libtorch/lib/libtorch_cpu.so" | grep 'not found' >&2; then
        fail "libtorch needs the libraries above, and this system does not have them"
    fi
    # One rename, so that an interrupted run leaves nothing that looks finished.
    if ! torch_library "$torch_folder"; then
        rm -rf "$torch_folder"
        mv "$work/libtorch" "$torch_folder"
    fi
    rm -rf "$work"
    work=''
}

write_cargo_config() {
    local found remedy text
    check_cargo_config && return 0
    [ "$remedy" = "$run_setup" ] || fail "$remedy"
    text=$(config_text)
    if [ -z "$text" ]; then
        rm -f "$cargo_config"
    else
        mkdir -p "$root/.cargo"
        printf '%s\n' "$text" >"$cargo_config.new"
        mv "$cargo_config.new" "$cargo_config"
        say "setup: wrote .cargo/config.toml, so that plain cargo finds these parts"
    fi
}

case ${1:-} in
--check)
    if check_all all; then exit 0; fi
    exit 1
    ;;
'') ;;
*)
    sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

found='' remedy=''
check_rust || fail "$remedy"
case $mode in wheel | download) ;; *)
    check_libtorch || fail "$remedy"
    ;;
esac
if ! check_all missing >/dev/null; then
    install_packages
    install_cmake
    install_libtorch
    write_cargo_config
    check_all missing >&2 || fail "the lines above say what is still missing"
fi
say "setup: everything is in place"
