import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Beside the packages, so that node finds zxing-wasm from there.
export default defineConfig({
  root: here("."),
  publicDir: false,
  cacheDir: here("../../node_modules/.vite-scanner-bench"),
  build: {
    ssr: here("eye.ts"),
    outDir: here("../../node_modules/.scanner-bench"),
    emptyOutDir: true,
    target: "node20",
    minify: false,
  },
});
