-- What testbro_metrics has counted, as a page for people: one balancer's own numbers since it started, without scripts and without
-- anything from elsewhere.
local metrics = require("testbro_metrics")

local ngx, ipairs, pairs, tonumber = ngx, ipairs, pairs, tonumber
local shared = ngx.shared.metrics

local STYLE = [[
:root { color-scheme: light dark; --line: #1a5fb4; --soft: #5e5c64; --edge: #c0bfbc; --back: #ffffff; --text: #1c1b1f; --bad: #a51d2d; }
@media (prefers-color-scheme: dark) {
  :root { --line: #99c1f1; --soft: #c0bfbc; --edge: #5e5c64; --back: #1c1b1f; --text: #f6f5f4; --bad: #ff9b9b; }
}
body { margin: 0 auto; max-width: 80rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; background: var(--back); color: var(--text); }
a { color: var(--line); }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
dl div { border: 1px solid var(--edge); border-radius: .5rem; padding: .5rem 1rem; min-width: 7rem; }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .25rem 0; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--edge); white-space: nowrap; }
th:first-child, td.text { text-align: left; }
.bad { color: var(--bad); font-weight: bold; }
.soft { color: var(--soft); }
:focus-visible { outline: 3px solid var(--line); outline-offset: 2px; }
]]

local M = {}

local function escape(text)
  return (text:gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }))
end

-- A whole number with its thousands set apart.
local function count(value)
  local digits = ("%.0f"):format(value)
  return (digits:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local function share(part, whole)
  return whole > 0 and ("%.2f %%"):format(100 * part / whole) or "–"
end

local function seconds(value)
  if not value then return "–" end
  if value == math.huge then return "&gt; " .. metrics.BOUNDS[#metrics.BOUNDS] .. " s" end
  return value < 1 and ("≤ %g ms"):format(value * 1000) or ("≤ %g s"):format(value)
end

-- Every sample with its family, labels and value.
local function samples()
  local found = {}
  for _, key in ipairs(metrics.samples()) do
    local labels = {}
    for name, value in key:gmatch('([%w_]+)="([^"]*)"') do labels[name] = value end
    found[#found + 1] = { family = key:match("^[%w_]+"), labels = labels, value = shared:get(key) or 0 }
  end
  return found
end

local function entry(map, key, made)
  map[key] = map[key] or made
  return map[key]
end

-- The samples put together by route, and by route and replica.
local function overview()
  local routes, replicas = {}, {}
  local function route(labels)
    return entry(routes, labels.route, { name = labels.route, requests = 0, errors = 0, limited = 0, retries = 0, hits = 0, cached = 0, buckets = {} })
  end
  local function replica(labels)
    return entry(replicas, labels.route .. " " .. labels.upstream, { route = labels.route, address = labels.upstream, attempts = 0, bad = 0, failed = 0 })
  end
  local readers = {
    nginx_http_requests_total = function(labels, value)
      local one = route(labels)
      one.requests = one.requests + value
      if labels.status:sub(1, 1) == "5" then one.errors = one.errors + value end
    end,
    nginx_http_request_duration_seconds_bucket = function(labels, value)
      route(labels).buckets[labels.le] = value
    end,
    nginx_http_limited_requests_total = function(labels, value)
      local one = route(labels)
      if labels.result == "rejected" then one.limited = one.limited + value end
    end,
    nginx_upstream_retries_total = function(labels, value)
      route(labels).retries = value
    end,
    nginx_cache_requests_total = function(labels, value)
      local one = route(labels)
      one.cached = one.cached + value
      if labels.result == "hit" or labels.result == "stale" or labels.result == "updating" or labels.result == "revalidated" then
        one.hits = one.hits + value
      end
    end,
    nginx_upstream_attempts_total = function(labels, value)
      local one = replica(labels)
      one.attempts = one.attempts + value
      if labels.code == "5xx" then one.bad = one.bad + value end
    end,
    nginx_upstream_failed_attempts_total = function(labels, value)
      replica(labels).failed = value
    end,
  }
  for _, sample in ipairs(samples()) do
    local read = readers[sample.family]
    if read then read(sample.labels, sample.value) end
  end
  return routes, replicas
end

-- The bucket that a share of the answers fits in; nil without answers.
local function quantile(buckets, wanted)
  local all = buckets["+Inf"] or 0
  if all == 0 then return nil end
  for _, bound in ipairs(metrics.BOUNDS) do
    if (buckets[tostring(bound)] or 0) >= wanted * all then return bound end
  end
  return math.huge
end

local function sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  local index = 0
  return function()
    index = index + 1
    return map[keys[index]]
  end
end

local function bad(text, is)
  return is and '<span class="bad">' .. text .. "</span>" or text
end

local function grid(title, caption, heads, rows)
  local text = { "<h2>", title, '</h2>\n<div class="scroll" tabindex="0" role="region" aria-label="', title, '"><table>\n<caption>', caption, "</caption>\n<thead><tr>" }
  for _, head in ipairs(heads) do text[#text + 1] = '<th scope="col">' .. head .. "</th>" end
  text[#text + 1] = "</tr></thead>\n<tbody>\n"
  for _, row in ipairs(rows) do
    text[#text + 1] = '<tr><th scope="row">' .. row[1] .. "</th>"
    for index = 2, #row do text[#text + 1] = "<td>" .. row[index] .. "</td>" end
    text[#text + 1] = "</tr>\n"
  end
  text[#text + 1] = "</tbody>\n</table></div>\n"
  return table.concat(text)
end

local function routes_table(routes)
  local rows = {}
  for one in sorted(routes) do
    rows[#rows + 1] = {
      escape(one.name == "-" and "(no route)" or one.name),
      count(one.requests),
      bad(share(one.errors, one.requests), one.errors > 0),
      seconds(quantile(one.buckets, 0.5)),
      seconds(quantile(one.buckets, 0.99)),
      count(one.retries),
      bad(count(one.limited), one.limited > 0),
      share(one.hits, one.cached),
    }
  end
  local heads = { "Route", "Requests", "5xx", "Half within", "99 % within", "Retries", "Limited", "From cache" }
  return grid("Routes", "Since the balancer started; limited: refused with 429", heads, rows)
end

local function replicas_table(replicas)
  local rows = {}
  for one in sorted(replicas) do
    rows[#rows + 1] = {
      escape(one.address),
      escape(one.route),
      count(one.attempts),
      bad(share(one.bad, one.attempts), one.bad > 0),
      bad(count(one.failed), one.failed > 0),
    }
  end
  return grid("Replicas", "Those that were asked within the last ten minutes", { "Address", "Route", "Asked", "5xx", "Failed" }, rows)
end

local function connections()
  local text = { "<dl>" }
  for _, state in ipairs({ "active", "reading", "writing", "waiting" }) do
    text[#text + 1] = ("<div><dt>Connections %s</dt><dd>%s</dd></div>"):format(state, count(tonumber(ngx.var["connections_" .. state])))
  end
  text[#text + 1] = "</dl>\n"
  return table.concat(text)
end

local function page()
  local routes, replicas = overview()
  return table.concat({
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n',
    '<title>Load balancer</title>\n<link rel="icon" href="data:,">\n<link rel="stylesheet" href="style.css">\n</head>\n<body>\n',
    "<header><h1>Load balancer</h1>\n",
    ('<p class="soft">%s, nginx %s on %s. <a href="">Look again</a></p></header>\n<main>\n'):format(
      ngx.utctime() .. " UTC", ngx.var.nginx_version, escape(ngx.var.hostname)),
    connections(),
    routes_table(routes),
    replicas_table(replicas),
    "</main>\n</body>\n</html>\n",
  })
end

-- Answers a request below the page's folder.
function M.answer()
  local name = ngx.var.uri:match("[^/]*$")
  if name == "style.css" then
    ngx.header["Content-Type"] = "text/css; charset=utf-8"
    return ngx.print(STYLE)
  end
  if name ~= "" then return ngx.exit(ngx.HTTP_NOT_FOUND) end
  metrics.flush()
  ngx.header["Content-Type"] = "text/html; charset=utf-8"
  ngx.header["Cache-Control"] = "no-store"
  ngx.print(page())
end

return M
