import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// The server reads manifest.json and links the hashed names, so every file may be cached for ever.
export default defineConfig({
  root: here("."),
  base: "/static/built/office/",
  publicDir: false,
  cacheDir: here("../node_modules/.vite"),
  build: {
    outDir: here("../../web/static/built/office"),
    emptyOutDir: true,
    manifest: "manifest.json",
    // Field offices keep browsers for years: Chromium 87 is the oldest that still reads our modules.
    target: ["chrome87", "firefox102", "safari14"],
    // Tabler already ships its style sheet with the prefixes and fallbacks it wants.
    cssTarget: "chrome111",
    modulePreload: { polyfill: false },
    rollupOptions: { input: { office: here("office.ts"), plain: here("plain.ts") } },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
});
