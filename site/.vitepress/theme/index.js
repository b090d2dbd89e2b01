import { inBrowser } from "vitepress";
import Theme from "vitepress/theme";
import "./style.css";

export default {
  extends: Theme,
  enhanceApp() {
    // Links of alerts name the page as the repository does: `ALERT_RUNBOOKS.md#…`.
    if (inBrowser && location.pathname.endsWith(".md")) {
      location.replace(
        location.pathname.replace(/(README)?\.md$/, (_, readme) => (readme ? "" : ".html")) + location.hash,
      );
    }
  },
};
