import { inBrowser } from "vitepress";
import Theme from "vitepress/theme";
import { enlargePictures } from "./enlarge-pictures.js";
import "./style.css";

export default {
  extends: Theme,
  enhanceApp() {
    if (!inBrowser) {
      return;
    }
    // Links of alerts name the page as the repository does: `ALERT_RUNBOOKS.md#…`.
    if (location.pathname.endsWith(".md")) {
      location.replace(
        location.pathname.replace(/(README)?\.md$/, (_, readme) => (readme ? "" : ".html")) + location.hash,
      );
    }
    enlargePictures(document);
  },
};
