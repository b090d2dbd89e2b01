export {
  createProfiler,
  PROFILE_KINDS,
  ProfilerBusyError,
  type Profiler,
  type ProfileKind,
} from "../profiling/profiler.ts";
export {
  watchStalls,
  type Stall,
  type StallWatch,
  type StallWatchOptions,
} from "../event-loop/watch-stalls.ts";
