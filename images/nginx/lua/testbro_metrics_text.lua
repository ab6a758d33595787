-- What testbro_metrics has counted, as text for Prometheus (exposition format 0.0.4).
local metrics = require("testbro_metrics")
local store = require("testbro_store")

local ngx, ipairs, open = ngx, ipairs, io.open
local shared = ngx.shared.metrics

-- Name, type and meaning, in the order in which they are shown.
local FAMILIES = {
  { "nginx_http_requests_total", "counter", "Answered requests" },
  { "nginx_http_request_duration_seconds", "histogram", "From the first byte of a request to the last of its answer; WebSockets left out" },
  { "nginx_http_upstream_duration_seconds", "histogram", "Time a request spent with replicas, all its attempts together" },
  { "nginx_http_request_bytes_total", "counter", "Bytes of requests, headers included" },
  { "nginx_http_response_bytes_total", "counter", "Bytes of answers, headers included" },
  { "nginx_http_limited_requests_total", "counter", "Requests that a limit rejected (429) or delayed" },
  { "nginx_cache_requests_total", "counter", "Requests to cached routes by what the cache did" },
  { "nginx_cache_full_total", "counter", "Answers passed on without being kept because the store has no room for them" },
  { "nginx_tls_requests_total", "counter", "Requests over TLS by version" },
  { "nginx_upstream_attempts_total", "counter", "Questions to replicas by class of the answer (none: the client left first)" },
  { "nginx_upstream_failed_attempts_total", "counter", "Questions that a replica answered not at all, with 502, 503 or 504, or that went to another one" },
  { "nginx_upstream_retries_total", "counter", "Questions to another replica after the first" },
  { "nginx_upstream_unavailable_total", "counter", "Times that no replica was left to ask" },
  { "nginx_metrics_lost_total", "counter", "Additions lost because the memory for counts is full" },
}

local GAUGES = {
  { "active", "Open client connections, waiting ones included" },
  { "reading", "Connections on which nginx reads a request header" },
  { "writing", "Connections on which nginx writes a response" },
  { "waiting", "Idle client connections" },
}

local M = {}

-- A number as Prometheus reads it, counts without an exponent.
local function number(value)
  return value % 1 == 0 and ("%.0f"):format(value) or ("%.3f"):format(value)
end

-- Names of the samples by the word they begin with.
local function samples()
  local found = {}
  for _, key in ipairs(metrics.samples()) do
    local name = key:match("^[%w_]+")
    found[name] = found[name] or {}
    table.insert(found[name], key)
  end
  return found
end

-- Buckets from small to large, as testbro_metrics wants them read.
local function histogram(line, family, of_route)
  local inner = of_route:sub(2, -2)
  local count = 0
  for slot = 1, #metrics.BOUNDS + 1 do
    local bound = tostring(metrics.BOUNDS[slot] or "+Inf")
    local name = ('%s_bucket{%s,le="%s"}'):format(family, inner, bound)
    count = shared:get(name) or count
    line(name, count)
  end
  line(family .. "_sum" .. of_route, shared:get(family .. "_sum" .. of_route) or 0)
  line(family .. "_count" .. of_route, count)
end

-- Every sample.
function M.exposition()
  local text = {}
  local function head(name, kind, meaning)
    text[#text + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, meaning, name, kind)
  end
  local function line(name, value)
    text[#text + 1] = name .. " " .. number(value) .. "\n"
  end
  for _, gauge in ipairs(GAUGES) do
    head("nginx_connections_" .. gauge[1], "gauge", gauge[2])
    line("nginx_connections_" .. gauge[1], tonumber(ngx.var["connections_" .. gauge[1]]))
  end
  local free, all = store.space()
  if free then
    head("nginx_cache_free_bytes", "gauge", "Free bytes of the directory with the stores of answers and images")
    line("nginx_cache_free_bytes", free)
    head("nginx_cache_size_bytes", "gauge", "Bytes of this directory in all")
    line("nginx_cache_size_bytes", all)
  end
  local found = samples()
  for _, family in ipairs(FAMILIES) do
    local name, kind, meaning = family[1], family[2], family[3]
    local own = found[kind == "histogram" and name .. "_sum" or name]
    if own then
      head(name, kind, meaning)
      for _, key in ipairs(own) do
        if kind == "histogram" then histogram(line, name, key:match("{.*}")) else line(key, shared:get(key) or 0) end
      end
    end
  end
  return table.concat(text)
end

-- What the image's entry point says of the configuration, where it takes that from a bundle.
local function report(path)
  local file = open(path)
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

-- Answers a request with it, and with what stands in the file of the entry point.
function M.answer(path)
  metrics.flush()
  ngx.header["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
  ngx.print(M.exposition(), report(path))
end

return M
