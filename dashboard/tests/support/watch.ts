import { expect, type Page } from "@playwright/test";

declare global {
    interface Window {
        violations?: string[];
        pwned?: unknown;
    }
}

/** Everything that a quiet page does not do: log errors, break its policy, ask for what is not its own. */
export class Watch {
    readonly errors: string[] = [];
    readonly requests: string[] = [];

    private constructor(private readonly page: Page) {}

    static async on(page: Page): Promise<Watch> {
        const watch = new Watch(page);
        page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") watch.errors.push(message.text()); });
        page.on("pageerror", (error) => { watch.errors.push(String(error)); });
        page.on("request", (request) => { watch.requests.push(request.url()); });
        await page.addInitScript(() => {
            window.violations = [];
            document.addEventListener("securitypolicyviolation", (event) => { window.violations?.push(`${event.effectiveDirective} ${event.blockedURI}`); });
        });
        return watch;
    }

    /** `base`: the report's folder; everything asked for has to lie in it. */
    async quiet(base: string): Promise<void> {
        expect(await this.page.evaluate(() => window.violations)).toEqual([]);
        expect(await this.page.evaluate(() => window.pwned)).toBeUndefined();
        expect(this.errors).toEqual([]);
        expect(this.requests.filter((url) => !url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:"))).toEqual([]);
    }
}
