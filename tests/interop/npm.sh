# To be read by a script (not run): the pinned packages in $modules = $top/build/interop. Ends the script with 77 when they cannot be had.
command -v node >/dev/null || { echo "SKIPPED: node is not installed"; exit 77; }
modules=$top/build/interop
mkdir -p "$modules"
if ! cmp -s "$top/tests/interop/package-lock.json" "$modules/package-lock.json"; then
    cp "$top/tests/interop/package.json" "$top/tests/interop/package-lock.json" "$modules/"
    (cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
        rm -f "$modules/package-lock.json"
        echo "SKIPPED: npm ci failed (no registry?): $(tail -n 1 "$modules/npm.log")"; exit 77; }
fi
