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

# Debian 12 has node 18; several of these packages want 20 (a global WebCrypto, URL.parse). Then node comes from npm as well, pinned like them.
if [ "$(node -p 'parseInt(process.versions.node, 10)')" -lt 20 ]; then
    own_node=$top/build/interop-node
    mkdir -p "$own_node"
    if ! cmp -s "$top/tests/interop/node/package-lock.json" "$own_node/package-lock.json"; then
        cp "$top/tests/interop/node/package.json" "$top/tests/interop/node/package-lock.json" "$own_node/"
        (cd "$own_node" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
            rm -f "$own_node/package-lock.json"
            echo "SKIPPED: node $(node -v) is older than 20, and npm ci failed (no registry?): $(tail -n 1 "$own_node/npm.log")"; exit 77; }
    fi
    for own_bin in "$own_node"/node_modules/node-linux-*/bin; do
        PATH=$own_bin:$PATH
    done
    export PATH
    [ "$(node -p 'parseInt(process.versions.node, 10)')" -ge 20 ] || {
        echo "SKIPPED: node $(node -v) is older than 20, and npm has no other for this machine"; exit 77; }
fi
