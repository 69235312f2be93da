import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `--mode page`: what is measured in a browser. Otherwise the decoder for node. */
export default defineConfig(({ mode }) => ({
  root: here("."),
  base: "./",
  publicDir: false,
  cacheDir: here("../../node_modules/.vite-scanner-bench"),
  build: {
    // Beside the packages, so that node finds zxing-wasm from there.
    outDir: here(mode === "page" ? "../../node_modules/.scanner-bench-page" : "../../node_modules/.scanner-bench"),
    emptyOutDir: true,
    ...(mode === "page"
      ? { target: "es2022", assetsInlineLimit: 0, rollupOptions: { input: here("speed.html") } }
      : { target: "node20", ssr: here("eye.ts"), minify: false }),
  },
}));
