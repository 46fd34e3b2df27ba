import { defineConfig } from "@playwright/test";

export default defineConfig({
    testDir: "tests",
    fullyParallel: true,
    workers: 2,
    forbidOnly: true,
    timeout: 90_000,
    expect: { timeout: 15_000 },
    reporter: process.env["CI"] ? "line" : "list",
    use: {
        browserName: "chromium",
        viewport: { width: 1440, height: 900 },
        launchOptions: {
            executablePath: process.env["CHAT_CHROMIUM"] ?? "/usr/bin/chromium",
            args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
        },
    },
});
