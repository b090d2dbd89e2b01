export { openSharedState } from "../shared-state.ts";
