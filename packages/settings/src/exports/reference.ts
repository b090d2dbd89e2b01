export { settings } from "../environment.ts";
export { renderHelp } from "../reference/help-text.ts";
export { listSettings } from "../reference/list-settings.ts";
export { renderSettings } from "../reference/reference-page.ts";
export { settingGroups } from "../reference/setting-groups.ts";
