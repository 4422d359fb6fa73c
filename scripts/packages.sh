# Sourced by the scripts beside it: finds what they need, installs it with apt where that is
# possible, and says in one sentence what to install where it is not.

say() { printf '%s\n' "$*" >&2; }

# Runs a command as root, if there is a way to. Fails when there is none.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo "$@"
  else
    return 1
  fi
}

# install_packages PACKAGE...: installs Debian packages. Fails without apt or the right to use it.
install_packages() {
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  say "installing: $*"
  # Another installation may be running: wait for its lock instead of failing.
  as_root apt-get -o DPkg::Lock::Timeout=300 update -qq >&2 || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -y -qq --no-install-recommends "$@" >&2
}

# need COMMAND PACKAGE...: makes sure a command exists, or stops with what to install.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  install_packages "$@" && command -v "$command" >/dev/null && return
  say "Hui needs \`$command\`, which is not here. On Debian: apt-get install $*"
  exit 1
}

# Rust and Node come from their own installers: say so instead of guessing one.
need_rust_and_node() {
  local missing=()
  command -v cargo >/dev/null || missing+=("Rust 1.95 or newer (https://rustup.rs)")
  command -v npm >/dev/null || missing+=("Node.js 20 or newer with npm (https://nodejs.org)")
  [ ${#missing[@]} -eq 0 ] && return
  printf 'Hui needs %s.\n' "${missing[@]}" >&2
  exit 1
}
