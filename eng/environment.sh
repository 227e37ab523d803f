# Sourced by the scripts of the root: where things lie, and how dotnet is to behave. Defines, runs nothing.
# shellcheck shell=bash

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
configuration=Release # what is tested is what is run
output=bin/$configuration/net10.0/linux-x64

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v dotnet >/dev/null || die "The .NET 10 SDK is missing: install it from https://dot.net/download (dotnet-sdk-10.0)."

export HOME=${HOME:-/tmp}
export DOTNET_ROOT=${DOTNET_ROOT:-$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false # no build process outlives its build

# Where the command, the tests and the benches find what was built beside them.
export WRIT_REPO=$root
export WRIT_SERVER_EXE=$root/src/Writ.Server/$output/writ-server
export WRIT_CLI_EXE=$root/src/Writ.Cli/$output/writ
export WRIT_ORDERS_EXE=$root/examples/orders-api/$output/orders-api
