#!/bin/bash
# make changelog RELEASE=0.2.0: folds changes/*.md into CHANGELOG.md as that release, and removes them. What stands
# there under "Unreleased" joins them.
set -euo pipefail
export LC_ALL=C # in the order of the files' names, which begin with their area
cd "$(dirname "$0")/.."
release=${1:-}
[ -n "$release" ] || { echo "which release? make changelog RELEASE=0.2.0" >&2; exit 2; }
if grep -qF "## $release, " CHANGELOG.md; then
	echo "CHANGELOG.md has the release $release already" >&2
	exit 1
fi
shopt -s nullglob
files=(changes/*.md)
[ ${#files[@]} -gt 0 ] || { echo "no changes in changes/" >&2; exit 1; }
new=$(mktemp CHANGELOG.XXXXXX)
trap 'rm -f "$new"' EXIT
{
	printf '# Changes\n\n## %s, %s\n\n' "$release" "$(date -u +%F)"
	sed -s -e '1s/^/- /' -e '2,$s/^/  /' "${files[@]}"
	# All before the first release goes, and so does the line "Unreleased" with the blank one behind it.
	awk '/^## Unreleased$/ { open = 1; getline; next } /^## / && !seen++ { open = 1; print "" } open' CHANGELOG.md
} >"$new"
chmod 644 "$new"
mv "$new" CHANGELOG.md
rm "${files[@]}"
echo "CHANGELOG.md has the release $release with ${#files[@]} changes"
