-- Keeps the directory of nginx's stores from running full.
--
-- nginx compares a store with its largest size every ten seconds, and an answer that finds the directory full while it is being kept is cut off. So
-- before an answer is kept it is asked here whether there is room for it; where there is none it is passed on without being kept.
--
-- What is free the kernel says. What was promised to answers that may not be written yet is remembered for some seconds, by all workers together.
-- It is asked when the answer's header is there, which for what comes out of a store is one look at a variable.
local ffi = require("ffi")
local metrics = require("testbro_metrics")

local ngx, var, tonumber = ngx, ngx.var, tonumber
local floor, min, now = math.floor, math.min, ngx.now
local shared = ngx.shared.store

-- As glibc has it on 64-bit machines.
ffi.cdef([[
  typedef struct {
    unsigned long bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax;
    int spare[6];
  } testbro_statvfs;
  int statvfs(const char *path, testbro_statvfs *found);
]])
local found = ffi.new("testbro_statvfs")

-- How much of the directory new answers leave free: this part, but never more than this many bytes, for which a disk shared with others is enough.
local RESERVE_PART = 1 / 8
local RESERVE_BYTES = 64 * 1024 * 1024

-- How much of that has to be free, by what nginx found in its store; with anything else than these it keeps nothing now. An answer that takes the
-- place of an older one may use some of it, or strangers could fill the directory and so keep what is there from being renewed.
local RESERVED = { MISS = 1, EXPIRED = 0.5 }

-- A promise holds until the next but one begins of these spans, in seconds: longer than a replica usually takes to send an answer.
local SPAN_SECONDS = 5

-- Assumed of an answer that does not tell its length, and added to every answer for its header and the last, half empty page. Bytes.
local UNKNOWN_BYTES = 1024 * 1024
local EXTRA_BYTES = 6 * 1024

local M = {}

-- Bytes that are free, and bytes in all; nothing where the kernel does not say.
function M.space()
  if not M.directory or ffi.C.statvfs(M.directory, found) ~= 0 then return nil end
  local block = tonumber(found.frsize)
  return tonumber(found.bavail) * block, tonumber(found.blocks) * block
end

-- Promises of this span and the one before, to which `bytes` are added.
local function promised(bytes)
  local span = floor(now() / SPAN_SECONDS)
  local current = shared:incr(span, bytes, 0, 3 * SPAN_SECONDS) or 0
  return current + (shared:get(span - 1) or 0)
end

-- Whether nginx will surely not keep the answer, because it is somebody's own.
local function personal()
  if var.upstream_http_set_cookie then return true end
  local control = var.upstream_http_cache_control
  return control and (control:find("private", 1, true) or control:find("no-store", 1, true) or control:find("no-cache", 1, true))
end

-- Sets `$store_full` where there is no room for the answer whose header is about to be sent. `largest`: bytes above which none is kept.
function M.check(largest)
  local reserved = RESERVED[var.upstream_cache_status]
  if not reserved then return end
  local length = tonumber(var.upstream_http_content_length) or min(UNKNOWN_BYTES, largest)
  if length > largest or personal() then return end
  local free, all = M.space()
  if not free then return end
  local needed, room = length + EXTRA_BYTES, free - min(all * RESERVE_PART, RESERVE_BYTES) * reserved
  if reserved == RESERVED.MISS then
    room = room - promised(needed)
    if room < 0 then promised(-needed) end
  else
    -- Nothing is promised to what takes another one's place, which is free again in a moment.
    room = room - needed
  end
  if room >= 0 then return end
  var.store_full = "1"
  metrics.raise("nginx_cache_full_total", var.route)
end

-- Begins to watch in a worker.
function M.start(directory)
  M.directory = directory
end

return M
