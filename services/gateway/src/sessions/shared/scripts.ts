import { defineScript } from "@sark/shared-state";

/**
 * What replicas know together, below one prefix (`KEYS[1]`). Times are those of the server, in milliseconds: one clock for
 * all replicas. Nothing lasts: each key ends by itself, members of the lists by the sweep.
 *
 * - `s:<fingerprint>`, a hash: `d` the sealed descriptor, `o` its principal, `k` its kind, `h` the replica that holds its process, `u` the last use, `e` when it takes
 *   no more requests, `n` its number, `c` its calls, `r` the replica that used it last, and for each replica with work in it
 *   `w:<replica>` = `<calls running> <streams> <time>`
 * - `id:<tag of server and its id>`: the session that has it; `i` and `b` of the session are that tag, and the second in which it began
 * - `end:<fingerprint>`: why it is over
 * - `due`, `numbers`, `of:<principal>`: sessions by when to look at them, by number, and by last use
 * - `held:<replica>`: sessions whose process it holds
 * - `opening:<principal>`: sessions that are being opened, by when they are given up
 */
const COMMON = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function forget(fp, owner, holder)
  local id = redis.call('HGET', base .. 's:' .. fp, 'i')
  if id and redis.call('GET', base .. 'id:' .. id) == fp then redis.call('DEL', base .. 'id:' .. id) end
  redis.call('DEL', base .. 's:' .. fp)
  redis.call('ZREM', base .. 'due', fp)
  redis.call('ZREM', base .. 'numbers', fp)
  if owner then redis.call('ZREM', base .. 'of:' .. owner, fp) end
  if holder then redis.call('SREM', base .. 'held:' .. holder, fp) end
end

-- The lists last as long as a session in them may.
local function keep(kept)
  for _, name in ipairs({ 'due', 'numbers', 'number' }) do redis.call('PEXPIRE', base .. name, kept) end
end

-- Sums the work of replicas that have told of it lately.
local function work(fp, stale)
  local calls, streams = 0, 0
  local fields = redis.call('HGETALL', base .. 's:' .. fp)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 2) == 'w:' then
      local c, s, at = string.match(fields[i + 1], '^(%d+) (%d+) (%d+)$')
      if at and now - tonumber(at) <= stale then
        calls = calls + tonumber(c)
        streams = streams + tonumber(s)
      end
    end
  end
  return calls, streams
end

-- Who comes back is told why for an hour; what an operator ended stays so for as long as its id could be used.
local function bury(fp, reason, left)
  local kept = math.max(60000, left)
  if reason ~= 'ended' then kept = math.min(kept, 3600000) end
  redis.call('SET', base .. 'end:' .. fp, reason, 'PX', kept)
end

local function finish(fp, reason, by)
  local owner, sealed, kind, ends, holder = unpack(redis.call('HMGET', base .. 's:' .. fp, 'o', 'd', 'k', 'e', 'h'))
  forget(fp, owner, holder)
  if kind == 'session' then
    bury(fp, reason, (tonumber(ends) or now) - now + 60000)
  end
  redis.call('PUBLISH', base .. 'ends', fp .. ' ' .. reason .. ' ' .. by)
  return sealed
end

-- Makes room for one more session of a principal: nil, or a reply that says what stands in the way. Displaced ones are
-- added to the list, each as fingerprint and descriptor.
local function room(owner, max, displaceAfter, stale, by, displaced)
  local of, opening = base .. 'of:' .. owner, base .. 'opening:' .. owner
  redis.call('ZREMRANGEBYSCORE', opening, '-inf', now)
  if redis.call('ZCARD', of) + redis.call('ZCARD', opening) < max then return nil end
  local wait = displaceAfter
  local oldest = redis.call('ZRANGE', of, 0, 63, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    local fp, used = oldest[i], tonumber(oldest[i + 1])
    if redis.call('EXISTS', base .. 's:' .. fp) == 0 then
      redis.call('ZREM', of, fp)
      return nil
    end
    local calls, streams = work(fp, stale)
    if calls + streams == 0 then
      if now - used >= displaceAfter then
        local sealed = finish(fp, 'displaced', by)
        displaced[#displaced + 1] = fp
        displaced[#displaced + 1] = sealed
        return nil
      end
      wait = displaceAfter - (now - used)
      break
    end
  end
  return { 'full', math.max(1, wait) }
end
`;

/** Before a session is opened. ARGV: principal, ticket, lease, max, displaceAfter, stale, replica. */
export const RESERVE = defineScript(`${COMMON}
local displaced = {}
local full = room(ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], displaced)
if full then return full end
local opening = base .. 'opening:' .. ARGV[1]
redis.call('ZADD', opening, now + tonumber(ARGV[3]), ARGV[2])
redis.call('PEXPIRE', opening, tonumber(ARGV[3]) * 2)
return { 'ok', unpack(displaced) }
`);

/** It was not opened. ARGV: principal, ticket. */
export const RELEASE = defineScript(`return redis.call('ZREM', KEYS[1] .. 'opening:' .. ARGV[1], ARGV[2])`);

/**
 * A session as a replica sees it for the first time, or for the first time since it could not ask. ARGV: fingerprint, principal,
 * kind, descriptor, expires, idle, kept, max, displaceAfter, stale, replica, ticket (`''` without one), holder (the same), tag of
 * what its server calls it (the same), second in which it began. Replies the outcome, and the session that had that id before.
 */
export const REGISTER = defineScript(`${COMMON}
local fp, owner, kind = ARGV[1], ARGV[2], ARGV[3]
local key, kept = base .. 's:' .. fp, tonumber(ARGV[7])
if ARGV[12] ~= '' then
  -- Its server has opened it: also one that gives an id out again.
  redis.call('ZREM', base .. 'opening:' .. owner, ARGV[12])
  redis.call('DEL', base .. 'end:' .. fp)
end
local over = kind == 'session' and redis.call('GET', base .. 'end:' .. fp)
if over then return { { 'over', over }, {} } end
local before, id = {}, base .. 'id:' .. ARGV[14]
local other = ARGV[14] ~= '' and redis.call('GET', id)
local began = other and other ~= fp and tonumber(redis.call('HGET', base .. 's:' .. other, 'b') or nil)
if began then
  -- Its server has forgotten the one that began earlier; of the same second, both may be in the other's.
  local opened, at = ARGV[12] ~= '', tonumber(ARGV[15])
  if opened or at >= began then before = { other, finish(other, 'unknown_upstream', ARGV[11]) } end
  if not opened and at <= began then
    redis.call('SET', base .. 'end:' .. fp, 'unknown_upstream', 'PX', math.max(60000, tonumber(ARGV[5]) - now + 60000))
    redis.call('PUBLISH', base .. 'ends', fp .. ' unknown_upstream ' .. ARGV[11])
    return { { 'over', 'unknown_upstream' }, before }
  end
end
local displaced = {}
if redis.call('EXISTS', key) == 0 then
  if kind == 'session' and ARGV[12] == '' then
    local full = room(owner, tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11], displaced)
    if full then return { full, before } end
  end
  local number = redis.call('INCR', base .. 'number')
  redis.call('HSET', key, 'd', ARGV[4], 'o', owner, 'k', kind, 'e', ARGV[5], 'n', number, 'c', 0)
  redis.call('ZADD', base .. 'numbers', number, fp)
  if ARGV[13] ~= '' then redis.call('HSET', key, 'h', ARGV[13]) end
  if ARGV[14] ~= '' then redis.call('HSET', key, 'i', ARGV[14], 'b', ARGV[15]) end
end
if ARGV[14] ~= '' then redis.call('SET', id, fp, 'PX', kept) end
if ARGV[13] ~= '' then
  redis.call('SADD', base .. 'held:' .. ARGV[13], fp)
  redis.call('PEXPIRE', base .. 'held:' .. ARGV[13], kept)
end
redis.call('HSET', key, 'u', now, 'r', ARGV[11])
redis.call('PEXPIRE', key, kept)
redis.call('ZADD', base .. 'due', math.min(now + tonumber(ARGV[6]), tonumber(ARGV[5])), fp)
if kind == 'session' then
  redis.call('ZADD', base .. 'of:' .. owner, now, fp)
  redis.call('PEXPIRE', base .. 'of:' .. owner, kept)
end
keep(kept)
return { { 'ok', unpack(displaced) }, before }
`);

/** ARGV: fingerprint, reason, replica, kept for (a session that is not known), kind. Replies who ends it: 1 is the one who asks. */
export const END = defineScript(`${COMMON}
local fp = ARGV[1]
if redis.call('EXISTS', base .. 'end:' .. fp) == 1 then return { 0 } end
if redis.call('EXISTS', base .. 's:' .. fp) == 1 then return { 1, finish(fp, ARGV[2], ARGV[3]) } end
if ARGV[5] ~= 'session' then return { 0 } end
bury(fp, ARGV[2], tonumber(ARGV[4]))
redis.call('PUBLISH', base .. 'ends', fp .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return { 1 }
`);

/**
 * Tells of the last use of many. ARGV: idle, kept, replica, then of each fingerprint, age of the use, calls since, calls running,
 * streams. Replies of each: `''`, why it is over, or `?` where it is not known.
 */
export const USED = defineScript(`${COMMON}
local idle, kept, replica, replies = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], {}
for i = 4, #ARGV, 5 do
  local fp, key = ARGV[i], base .. 's:' .. ARGV[i]
  local owner, before, ends, kind, holder, id = unpack(redis.call('HMGET', key, 'o', 'u', 'e', 'k', 'h', 'i'))
  if not owner then
    replies[#replies + 1] = redis.call('GET', base .. 'end:' .. fp) or '?'
  else
    local used = math.max(now - tonumber(ARGV[i + 1]), tonumber(before) or 0)
    redis.call('HSET', key, 'u', used, 'r', replica)
    if ARGV[i + 2] ~= '0' then redis.call('HINCRBY', key, 'c', ARGV[i + 2]) end
    if ARGV[i + 3] == '0' and ARGV[i + 4] == '0' then
      redis.call('HDEL', key, 'w:' .. replica)
    else
      redis.call('HSET', key, 'w:' .. replica, ARGV[i + 3] .. ' ' .. ARGV[i + 4] .. ' ' .. string.format('%d', now))
    end
    redis.call('PEXPIRE', key, kept)
    redis.call('ZADD', base .. 'due', math.min(used + idle, tonumber(ends)), fp)
    if kind == 'session' then
      redis.call('ZADD', base .. 'of:' .. owner, used, fp)
      redis.call('PEXPIRE', base .. 'of:' .. owner, kept)
    end
    if holder then redis.call('PEXPIRE', base .. 'held:' .. holder, kept) end
    if id then redis.call('PEXPIRE', base .. 'id:' .. id, kept) end
    replies[#replies + 1] = ''
  end
end
keep(kept)
return replies
`);

/** Ends what is due. ARGV: idle, stale, replica, most. Replies of each: fingerprint, reason, descriptor. */
export const SWEEP = defineScript(`${COMMON}
local idle, stale, ended = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for _, fp in ipairs(redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', now, 'LIMIT', 0, tonumber(ARGV[4]))) do
  local used, ends, kind = unpack(redis.call('HMGET', base .. 's:' .. fp, 'u', 'e', 'k'))
  if not used then
    forget(fp, nil)
  else
    local calls, streams = work(fp, stale)
    local reason
    if kind == 'session' and now >= tonumber(ends) and calls == 0 then
      reason = 'expired'
    elseif calls + streams == 0 and now - tonumber(used) >= idle then
      reason = 'idle'
    end
    if reason then
      local sealed = finish(fp, reason, ARGV[3])
      ended[#ended + 1] = fp
      ended[#ended + 1] = reason
      ended[#ended + 1] = sealed
    else
      redis.call('ZADD', base .. 'due', now + 1000, fp)
    end
  end
end
return ended
`);

/** Ends what a replica held that is lost. ARGV: that replica, replica, most. Replies as SWEEP does. */
export const ABANDON = defineScript(`${COMMON}
local ended = {}
for _, fp in ipairs(redis.call('SRANDMEMBER', base .. 'held:' .. ARGV[1], tonumber(ARGV[3]))) do
  redis.call('SREM', base .. 'held:' .. ARGV[1], fp)
  if redis.call('EXISTS', base .. 's:' .. fp) == 1 then
    local sealed = finish(fp, 'died', ARGV[2])
    ended[#ended + 1] = fp
    ended[#ended + 1] = 'died'
    ended[#ended + 1] = sealed
  end
end
return ended
`);

/** ARGV: numbers below which to look (`+inf` for all), how many, stale. Replies of each: fingerprint, number, then as in `GET`. */
export const PAGE = defineScript(`${COMMON}
local found = {}
for _, fp in ipairs(redis.call('ZREVRANGEBYSCORE', base .. 'numbers', ARGV[1], '-inf', 'LIMIT', 0, tonumber(ARGV[2]))) do
  local number = redis.call('ZSCORE', base .. 'numbers', fp)
  local sealed, used, calls, replica = unpack(redis.call('HMGET', base .. 's:' .. fp, 'd', 'u', 'c', 'r'))
  local running, streams = work(fp, tonumber(ARGV[3]))
  found[#found + 1] = { fp, number, sealed or '', used or '0', calls or '0', running, streams, replica or '' }
end
return { tostring(now), found }
`);

/** ARGV: fingerprint, stale. Replies as of one in `PAGE`, or nothing. */
export const SHOW = defineScript(`${COMMON}
local fp = ARGV[1]
local number = redis.call('ZSCORE', base .. 'numbers', fp)
local sealed, used, calls, replica = unpack(redis.call('HMGET', base .. 's:' .. fp, 'd', 'u', 'c', 'r'))
if not number or not sealed then return { tostring(now), {} } end
local running, streams = work(fp, tonumber(ARGV[2]))
return { tostring(now), { { fp, number, sealed, used or '0', calls or '0', running, streams, replica or '' } } }
`);
