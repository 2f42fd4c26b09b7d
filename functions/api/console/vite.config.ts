import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Where the Python package serves it from; never committed. */
const BUILT = "../../../shared/brisa/web/static";

/** Writes each script and style sheet compressed as well: the server has nothing to compute, then. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const assets = join(import.meta.dirname, BUILT, "assets");
      for (const name of readdirSync(assets).filter((name) => /\.(js|css|svg)$/.test(name))) {
        writeFileSync(join(assets, `${name}.gz`), gzipSync(readFileSync(join(assets, name)), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  resolve: { alias: { "~": join(import.meta.dirname, "src") } },
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    reportCompressedSize: false,
    // What is split is split by page; a warning about the layout engine's own size says nothing.
    chunkSizeWarningLimit: 2000,
    // What most pages need comes as one file, not as forty, each of which would be asked for by itself.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 6 }] } } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080", "/auth/": "http://127.0.0.1:8080" } },
});
