-- Counts the balancer's requests.
--
-- When nginx logs a request it evaluates `$metrics_key`: everything the labels are made of as one string, nothing of it the client's
-- choice. A worker works out once which counters such a string stands for; from then on it only counts how often it came. Once a second it
-- adds what has come together to the shared dictionary `metrics`, which outlives a reload. The dictionary's keys are the samples' names as
-- Prometheus reads them; testbro_metrics_text shows them.
--
-- What runs for every request (M.log and what it calls) has no loop: LuaJIT compiles a function as a whole only then.
local ngx, var, tonumber, pairs, ipairs = ngx, ngx.var, tonumber, pairs, ipairs
local floor, now, start_time, exiting = math.floor, ngx.now, ngx.req.start_time, ngx.worker.exiting
local shared = ngx.shared.metrics

-- Upper bounds of the histograms' buckets, in seconds; one without a bound follows.
local BOUNDS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }
local LAST = #BOUNDS + 1

-- The bucket of every whole number of milliseconds up to the largest bound, which is all that nginx's clock tells.
local SLOTS = {}
for milliseconds = 0, BOUNDS[#BOUNDS] * 1000 do
  local slot = 1
  while milliseconds > BOUNDS[slot] * 1000 do slot = slot + 1 end
  SLOTS[milliseconds] = slot
end

-- Seconds between two additions to the shared dictionary.
local FLUSH_SECONDS = 1

-- Seconds after which the series of a replica that is not asked any more go.
local REPLICA_SECONDS = 600

-- Counters and values of `$metrics_key` a worker remembers; beyond, it forgets all and begins again.
local MOST_REMEMBERED = 8192

-- Statuses whose series are there from the start, so that a rate() sees the very first of them.
local USUAL_STATUSES = { 200, 429, 500, 502, 503, 504 }

-- Statuses of an attempt that no replica answered in time, or that one answered which cannot serve now.
local FAILURES = { ["502"] = true, ["503"] = true, ["504"] = true }

-- What nginx says of a limit; whatever else it says, the request just passed.
local LIMITED = { REJECTED = "rejected", DELAYED = "delayed" }

local M = { BOUNDS = BOUNDS }

-- Counters by name, histograms and byte counters by route, records by `$metrics_key`; how many these are together.
local counters, routes, records, remembered

-- The configuration's routes.
local known = {}

local function forget()
  counters, routes, records, remembered = {}, {}, {}, 0
end
forget()

-- A labels' text: pairs of name and value.
local function labels(...)
  local texts, given = {}, { ... }
  for index = 1, #given, 2 do texts[#texts + 1] = given[index] .. '="' .. given[index + 1] .. '"' end
  return "{" .. table.concat(texts, ",") .. "}"
end

-- A number of this worker that is added to a shared one; `seconds`: how long that one stays without being raised (nil: for good).
local function new_counter(name, seconds)
  remembered = remembered + 1
  return { name = name, pending = 0, fresh = true, seconds = seconds }
end

local function counter(name, seconds)
  local known = counters[name]
  if not known then
    known = new_counter(name, seconds)
    counters[name] = known
  end
  return known
end

-- The samples of a histogram, and what is to be added to them.
local function new_histogram(family, route)
  local made = { sum = new_counter(family .. "_sum" .. labels("route", route)), buckets = {}, seconds = 0, counts = {} }
  for slot = 1, LAST do
    made.buckets[slot] = new_counter(family .. "_bucket" .. labels("route", route, "le", tostring(BOUNDS[slot] or "+Inf")))
    made.counts[slot] = 0
  end
  return made
end

local function observe(histogram, seconds)
  local slot, counts = SLOTS[floor(seconds * 1000 + 0.5)] or LAST, histogram.counts
  counts[slot] = counts[slot] + 1
  histogram.seconds = histogram.seconds + seconds
end

-- Adds to a sample, or puts it there. A full dictionary would make room for a new one by dropping another: so none is let in then.
local function add_up(name, amount)
  if shared:incr(name, amount) then return true end
  local added, failure = shared:safe_add(name, amount)
  if failure == "no memory" and shared:flush_expired() > 0 then added, failure = shared:safe_add(name, amount) end
  -- Another worker was first.
  if failure == "exists" then return shared:incr(name, amount) ~= nil end
  return added
end

local function raise(name, amount)
  if not add_up(name, amount) then shared:incr("nginx_metrics_lost_total", 1) end
end

local function share(one, amount)
  -- A new one is shared even as 0: a rate() needs a value before the first rise.
  if amount == 0 and not one.fresh then return end
  one.fresh = false
  raise(one.name, amount)
  if one.seconds then shared:expire(one.name, one.seconds) end
end

-- A value counts in every bucket it fits in. Larger ones are raised first and read last, so no reader finds a bucket above a larger one.
local function share_histogram(histogram)
  local counts, total = histogram.counts, 0
  for slot = 1, LAST do total = total + counts[slot] end
  share(histogram.sum, histogram.seconds)
  histogram.seconds = 0
  for slot = LAST, 1, -1 do
    share(histogram.buckets[slot], total)
    total = total - counts[slot]
    counts[slot] = 0
  end
end

-- Adds what this worker has counted since the last time to the shared dictionary.
function M.flush()
  for _, record in pairs(records) do
    for _, one in ipairs(record.counters) do one.pending = one.pending + record.times end
    local route = record.route
    route.received.pending = route.received.pending + record.received
    route.sent.pending = route.sent.pending + record.sent
    record.times, record.received, record.sent = 0, 0, 0
  end
  for _, one in pairs(counters) do
    share(one, one.pending)
    one.pending = 0
  end
  for _, route in pairs(routes) do
    share_histogram(route.requests)
    if route.upstream then share_histogram(route.upstream) end
  end
end

local function route_of(name)
  local route = routes[name]
  if not route then
    route = {
      requests = new_histogram("nginx_http_request_duration_seconds", name),
      received = counter("nginx_http_request_bytes_total" .. labels("route", name)),
      sent = counter("nginx_http_response_bytes_total" .. labels("route", name)),
    }
    routes[name] = route
  end
  return route
end

-- The entries of a variable with one for each attempt. nginx puts a colon where the request began anew in another location.
local function entries(text)
  local found = {}
  for entry in text:gsub(" : ", ", "):gmatch("[^, ]+") do found[#found + 1] = entry end
  return found
end

-- Adds the counters of what the replicas did. Returns whether one was asked at all.
local function add_attempts(add, route, addresses, statuses)
  local asked, answered, tried = entries(addresses), entries(statuses), 0
  local of_route = labels("route", route)
  local retries, unavailable = "nginx_upstream_retries_total" .. of_route, "nginx_upstream_unavailable_total" .. of_route
  add(retries, 0)
  add(unavailable, 0)
  for index, address in ipairs(asked) do
    if address:find(":", 1, true) then
      tried = tried + 1
      if tried > 1 then add(retries, 1) end
      local status = answered[index] or ""
      local code = status:match("^[1-5]%d%d$") and status:sub(1, 1) .. "xx" or "none"
      -- One after which another replica was asked has failed, whatever it answered.
      local failed = FAILURES[status] or index < #asked
      add("nginx_upstream_attempts_total" .. labels("route", route, "upstream", address, "code", code), 1, REPLICA_SECONDS)
      add("nginx_upstream_failed_attempts_total" .. labels("route", route, "upstream", address), failed and 1 or 0, REPLICA_SECONDS)
    else
      -- The upstream's name in place of an address: there was nobody (left) to ask.
      add(unavailable, 1)
    end
  end
  return tried > 0
end

-- What a value of `$metrics_key` stands for: counters, each raised by one whenever it comes, and where to put the request's times.
local function new_record(key)
  local fields = {}
  for field in (key .. "|"):gmatch("([^|]*)|") do fields[#fields + 1] = field end
  local name, status, rate, connections, cache, tls, addresses, statuses = unpack(fields)
  -- A request that nginx could not read has come to no route.
  if name == "" then name = "-" end
  local record = { counters = {}, times = 0, received = 0, sent = 0 }
  local function add(sample, times, seconds)
    local one = counter(sample, seconds)
    for _ = 1, times do table.insert(record.counters, one) end
  end
  add("nginx_http_requests_total" .. labels("route", name, "status", status:match("^[1-5]%d%d$") or "other"), 1)
  for limit, result in pairs({ rate = LIMITED[rate], connections = LIMITED[connections] }) do
    add("nginx_http_limited_requests_total" .. labels("route", name, "limit", limit, "result", result), 1)
  end
  if cache ~= "" then add("nginx_cache_requests_total" .. labels("route", name, "result", cache:lower()), 1) end
  if tls ~= "" then add("nginx_tls_requests_total" .. labels("protocol", tls), 1) end
  record.proxied = addresses ~= "" and add_attempts(add, name, addresses, statuses)
  record.route = route_of(name)
  if record.proxied and not record.route.upstream then
    record.route.upstream = new_histogram("nginx_http_upstream_duration_seconds", name)
  end
  -- A connection that changed to WebSocket is logged when it ends: how long it lasted is no answer's time.
  record.timed = status ~= "101"
  return record
end

local function record_of(key)
  if remembered > MOST_REMEMBERED then
    M.flush()
    forget()
  end
  remembered = remembered + 1
  records[key] = new_record(key)
  return records[key]
end

-- Seconds of all attempts together.
local function upstream_seconds()
  local text = var.upstream_response_time or ""
  local single = tonumber(text)
  if single then return single end
  local total = 0
  for seconds in text:gmatch("[%d.]+") do total = total + tonumber(seconds) end
  return total
end

-- Counts the request that nginx is logging.
function M.log()
  local key = var.metrics_key
  local record = records[key] or record_of(key)
  record.times = record.times + 1
  record.received = record.received + tonumber(var.request_length)
  record.sent = record.sent + tonumber(var.bytes_sent)
  if record.timed then
    local route = record.route
    observe(route.requests, now() - start_time())
    if record.proxied then observe(route.upstream, upstream_seconds()) end
  end
  -- The timer of a worker that is to end went off for the last time when that began.
  if exiting() then M.flush() end
end

-- Counts something of a route that happens before its request is logged.
function M.raise(name, route)
  local one = counter(name .. labels("route", route))
  one.pending = one.pending + 1
end

-- Names of the samples that are there, sorted. A route that the configuration no longer has is left out: a worker of the time before may
-- still count for it.
function M.samples()
  local found = {}
  for _, sample in ipairs(shared:get_keys(0)) do
    local route = sample:match('route="([^"]*)"')
    if not route or known[route] then found[#found + 1] = sample end
  end
  table.sort(found)
  return found
end

-- Begins to count in a worker. `names`: the routes; what was counted for others before goes.
function M.start(names)
  -- First, so that there is room for it whatever else there is not.
  shared:safe_add("nginx_metrics_lost_total", 0)
  for _, name in ipairs(names) do known[name] = true end
  for _, sample in ipairs(shared:get_keys(0)) do
    local route = sample:match('route="([^"]*)"')
    if route and not known[route] then shared:delete(sample) end
  end
  for _, name in ipairs(names) do
    for _, status in ipairs(USUAL_STATUSES) do raise("nginx_http_requests_total" .. labels("route", name, "status", status), 0) end
    for _, limit in ipairs({ "rate", "connections" }) do
      raise("nginx_http_limited_requests_total" .. labels("route", name, "limit", limit, "result", "rejected"), 0)
    end
  end
  local started, failure = ngx.timer.every(FLUSH_SECONDS, M.flush)
  if not started then ngx.log(ngx.ERR, "requests are not counted: ", failure) end
end

return M
