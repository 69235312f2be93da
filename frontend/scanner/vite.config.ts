import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";

import packageJson from "../package.json" with { type: "json" };

const BASE = "/static/built/scanner/";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Equal sources have equal names, whoever builds them and when: the lead's list shows which phones lag behind. */
function appVersion(): string {
  const names = readdirSync(here("."), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/tests(\/|$)/.test(entry.parentPath))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(readFileSync(name));
  return `${packageJson.version}+${hash.digest("hex").slice(0, 8)}`;
}

/** The worker is served at `/sw.js` and the shell at `/scanner/`: with that page's headers, not a static file's. */
const asServed = (url: string): string => (url === "index.html" ? "/scanner/" : BASE + url);

export default defineConfig({
  root: here("."),
  base: BASE,
  publicDir: here("public"),
  cacheDir: here("../node_modules/.vite-scanner"),
  define: { __APP_VERSION__: JSON.stringify(appVersion()) },
  build: {
    outDir: here("../../web/static/built/scanner"),
    emptyOutDir: true,
    target: ["chrome87", "firefox102", "safari14"],
    cssTarget: "chrome87",
    modulePreload: { polyfill: false },
    // A CSP without data: for scripts and fonts, and files that can be cached one by one.
    assetsInlineLimit: 0,
    rollupOptions: { input: here("index.html") },
  },
  worker: { format: "es" },
  plugins: [
    VitePWA({
      strategies: "injectManifest",
      srcDir: "worker",
      filename: "sw.ts",
      injectRegister: false,
      injectManifest: {
        rollupFormat: "iife",
        // The larger icons are for the system that installs the app; it fetches them itself.
        globPatterns: ["index.html", "manifest.webmanifest", "assets/**", "icons/icon.svg", "icons/192.png"],
        maximumFileSizeToCacheInBytes: 2_000_000,
        dontCacheBustURLsMatching: /assets\/.+-[\w-]{8}\./,
        manifestTransforms: [
          (entries) => ({ manifest: entries.map((entry) => ({ ...entry, url: asServed(entry.url) })) }),
        ],
      },
      manifest: false,
      integration: {
        configureCustomSWViteBuild: (options) => {
          options.logLevel = "warn";
        },
      },
    }),
  ],
  test: {
    environment: "node",
    include: ["tests/**/*.test.{ts,tsx}"],
  },
});
