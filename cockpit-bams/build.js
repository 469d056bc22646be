// Build the page into dist/: `node build.js [--watch]`.
// What a first visit loads (compressed) is printed, and more than the budget is an error.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import esbuild from "esbuild";

import { toScript } from "./scripts/po.js";

const BUDGET_BYTES = 400_000;
// The fonts that every page shows; the others are loaded when something needs them.
const FIRST_FONTS = /^(RedHatTextVF|RedHatDisplayVF)-\w+\.woff2$/;

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "dist");
const watch = process.argv.includes("--watch");

const common = {
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    minify: !watch,
    sourcemap: watch ? "linked" : false,
    legalComments: "external",
    target: ["es2021", "chrome100", "firefox102", "safari15.4"],
    loader: { ".woff2": "file", ".svg": "file" },
    logLevel: "warning",
    metafile: true,
};

// esbuild gives each chunk a style sheet of its own and loads none of them. All of them together are small, so they
// become one: the first build finds out which are needed, the second makes index.css of them.
const styles = new Map();
const noStyles = {
    name: "styles-come-in-one-file",
    setup(build) {
        build.onResolve({ filter: /\.css$/ }, async ({ path, importer, resolveDir, pluginData, kind }) => {
            if (pluginData === noStyles) return null;
            const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: noStyles });
            styles.set(found.path, relative(root, importer));
            return found;
        });
        build.onLoad({ filter: /\.css$/ }, () => ({ contents: "", loader: "empty" }));
    },
};

/** The style sheets whose importers are in what was built; the others belong to components that nothing uses. */
function neededStyles(meta) {
    const used = new Set();
    for (const { inputs } of Object.values(meta.outputs)) {
        for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
            if (bytesInOutput > 0) used.add(input);
        }
    }
    return [...styles].filter(([, importer]) => used.has(importer)).map(([path]) => path);
}

function scripts() {
    return esbuild.build({
        ...common,
        entryPoints: { index: "src/index.tsx" },
        format: "esm",
        splitting: true,
        chunkNames: "chunk-[hash]",
        define: { "process.env.NODE_ENV": watch ? '"development"' : '"production"' },
        plugins: [noStyles],
    });
}

function sheets(paths) {
    // PatternFly's components first, in a fixed order; our own last, so that they win.
    const base = join(root, "node_modules/@patternfly/react-core/dist/styles/base.css");
    const mine = paths.filter((path) => path.startsWith(join(root, "src/"))).sort();
    const parts = paths.filter((path) => path !== base && !mine.includes(path)).sort();
    const all = [base, ...parts, ...mine];
    return esbuild.build({
        ...common,
        stdin: {
            contents: all.map((path) => `@import ${JSON.stringify(path)};`).join("\n"),
            loader: "css",
            resolveDir: root,
        },
        entryNames: "index",
        assetNames: "[name]-[hash]",
    });
}

function rest() {
    cpSync(join(root, "public"), dist, { recursive: true });
    cpSync(join(root, "manifest.json"), join(dist, "manifest.json"));
    const { menu } = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8"));
    const labels = new Set(Object.values(menu).map(({ label }) => label));
    for (const name of readdirSync(join(root, "po")).filter((file) => file.endsWith(".po"))) {
        const language = name.slice(0, -3);
        writeFileSync(join(dist, `po.${language}.js`), toScript(join(root, "po", name), language));
        writeFileSync(join(dist, `po.manifest.${language}.js`), toScript(join(root, "po", name), language, labels));
    }
}

/** Bytes of a file as Cockpit sends it. */
function compressed(name) {
    const content = readFileSync(join(dist, name));
    return name.endsWith(".woff2") ? content.length : gzipSync(content, { level: 9 }).length;
}

function firstLoad(meta) {
    const needed = new Set(["index.html", "index.css"]);
    const follow = (output) => {
        if (needed.has(output)) return;
        needed.add(output);
        for (const { path, kind } of meta.outputs[`dist/${output}`].imports) {
            if (kind === "import-statement") follow(path.replace(/^dist\//, ""));
        }
    };
    follow("index.js");
    for (const [output, { entryPoint }] of Object.entries(meta.outputs)) {
        // The page that opens first.
        if (entryPoint === "src/pages/overview/index.tsx") follow(output.replace(/^dist\//, ""));
    }
    for (const name of readdirSync(dist).filter((file) => FIRST_FONTS.test(file))) needed.add(name);
    return [...needed].map((name) => ({ name, bytes: compressed(name) }));
}

function report(meta) {
    const files = firstLoad(meta);
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const all = readdirSync(dist).reduce((sum, name) => sum + statSync(join(dist, name)).size, 0);
    for (const { name, bytes } of files) console.log(`  ${String(bytes).padStart(8)}  ${name}`);
    console.log(`page: first load ${Math.round(total / 1000)} kB compressed, budget ${BUDGET_BYTES / 1000} kB;` +
        ` dist/ has ${Math.round(all / 1000)} kB`);
    // While somebody works on it, nothing is minified and all is larger.
    if (total > BUDGET_BYTES && !watch) {
        console.error("page: the first load is over its budget. Load more of it on demand, see src/pages/index.ts.");
        process.exit(1);
    }
}

async function buildAll() {
    styles.clear();
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist, { recursive: true });
    const { metafile } = await scripts();
    await sheets(neededStyles(metafile));
    rest();
    report(metafile);
}

await buildAll();
if (watch) {
    const { watch: observe } = await import("node:fs");
    let timer = null;
    observe(join(root, "src"), { recursive: true }, () => {
        clearTimeout(timer);
        timer = setTimeout(() => buildAll().catch((error) => console.error(String(error))), 200);
    });
    console.log("page: watching src/");
}
