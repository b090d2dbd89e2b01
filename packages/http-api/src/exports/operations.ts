export { askedOfLevels, logLevelBody, type LogLevelBody } from "../operations/log-level-body.ts";
export { logLevelExamples } from "../operations/log-level-examples.ts";
export { logLevels, shownLevels, type LogLevelsShown } from "../operations/log-levels.ts";
export { profileExamples } from "../operations/profile-examples.ts";
export { profileQuery, type ProfileQuery } from "../operations/profile-query.ts";
export { optionalReason, reason } from "../operations/reason.ts";
