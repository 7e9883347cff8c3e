-- Each connection sends the bodies in turn, from a place of its own; every answer that is no 200 is counted by status.
local bodies, others = {}, {}
local at = 0

function setup(thread)
  thread:set("number", #others)
  table.insert(others, thread)
end

function init(args)
  local file = assert(io.open(args[1], "r"))
  for line in file:lines() do bodies[#bodies + 1] = line end
  file:close()
  token = args[2]
  at = number * 1000
  statuses = ""
  counts = {}
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", "/api/v1/score", {
    ["Authorization"] = "Bearer " .. token,
    ["Content-Type"] = "application/json",
  }, bodies[at])
end

function response(status)
  if status ~= 200 then
    counts[status] = (counts[status] or 0) + 1
    statuses = ""
    for code, count in pairs(counts) do statuses = statuses .. code .. ":" .. count .. " " end
  end
end

function done(summary, latency)
  local refused = ""
  for _, thread in ipairs(others) do refused = refused .. thread:get("statuses") end
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"p50":%.1f,"p90":%.1f,"p99":%.1f,"most":%.1f,"sockets":%d,"not_200":"%s"}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, refused))
end
