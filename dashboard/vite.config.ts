import { defineConfig } from "vite";
import { singleFile } from "./scripts/single_file.ts";

export default defineConfig({
    base: "./",
    build: {
        target: "es2022",
        modulePreload: false,
        cssCodeSplit: false,
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 1300,
        rollupOptions: { output: { format: "iife" } },
    },
    plugins: [singleFile()],
});
