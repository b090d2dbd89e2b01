/** Type of the events that say who opened a session, and what came of it: intent and outcome of `initialize`. */
export const SESSION_BEGIN = "session_begin";
/** Type of the events that say that a session is over, and why. */
export const SESSION_END = "session_end";
