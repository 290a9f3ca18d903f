#!/bin/sh
# What the stand-in says when a process ends, and that its scripts refuse what they must.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
report=$(mktemp)
trap 'rm -f "$report"' EXIT

fail() {
  echo "exit.sh: $1" >&2
  exit 1
}

export EMULATED_GPU_REPORT="$report"
"$here/../with-emulated-gpu" "$here/../build/tests/leaver" leak
grep -q '^emulated GPU: leak: 40 bytes of device memory .*, when the process ended$' "$report" ||
  fail "a leak at exit is not reported"
: > "$report"
"$here/../with-emulated-gpu" "$here/../build/tests/leaver" damage
grep -q '^emulated GPU: red zone: written 0 bytes past the end of 40 bytes' "$report" ||
  fail "a red zone damaged at exit is not reported"
: > "$report"
"$here/../with-emulated-gpu" "$here/../build/tests/leaver" clean
[ ! -s "$report" ] || fail "a clean process is reported"
unset EMULATED_GPU_REPORT
"$here/../with-emulated-gpu" "$here/../build/tests/leaver" leak 2>&1 | grep -q 'leak: 40 bytes' ||
  fail "without a report file, standard error says nothing"

"$here/../with-emulated-gpu" sh -c 'exit 7' && fail "the command's status is lost" || [ $? -eq 7 ] ||
  fail "the command's status is not its own"
"$here/../with-emulated-gpu" 2> /dev/null && fail "no command is accepted"
empty=$(mktemp -d)
for tool in sh dirname; do ln -s "$(command -v $tool)" "$empty/$tool"; done
if PATH="$empty" "$here/../with-emulated-gpu" true 2> "$report"; then
  fail "a machine without a compiler is accepted"
fi
rm -r "$empty"
grep -q 'apt-get install g++ make' "$report" || fail "it is not said what to install"

check="$here/../build/check-mutants"
"$check" "$here/mutants" "$here" > "$report" 2>&1 && fail "broken mutants are accepted"
grep -q '^store_out_of_bounds faults_test$' "$report" || fail "a sound mutant is not listed"
for name in pattern_not_found occurrence_not_found kernel_not_found without_killer without_change
do
  grep -q "^mutant $name: " "$report" || fail "the broken mutant $name is not reported"
done
